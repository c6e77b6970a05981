import type { PeerIdText } from './network.ts'

/** What a node that is registered does. */
export type RegisteredNodeType = 'light' | 'full' | 'super'

/** What a peer says of itself to be registered, signed with its ML-DSA key. */
export interface Registration {
  /** The certificate of that key; it tells whose registration this is */
  readonly certificate: Uint8Array
  /** SHA-256 of the activation code, 32 bytes: the code itself is nobody's to read */
  readonly activation: Uint8Array
  /** At most 128 bytes of text */
  readonly walletAddress: string
  readonly nodeType: RegisteredNodeType
  /** Seconds since the Unix epoch */
  readonly activatedSeconds: number
  /** The same */
  readonly lastSeenSeconds: number
  /** How often the activation moved to another device */
  readonly migrationCount: number
  /** Of the ML-DSA key, over all of the above */
  readonly deviceSignature: Uint8Array
}

/** The word of the peer that had an activation before: it moves to another peer. */
export interface Migration {
  readonly from: PeerIdText
  /** Of the ML-DSA key that is listed for it */
  readonly signature: Uint8Array
}

/** Why a registration is taken back. */
export type RevocationReason = 'unspecified' | 'key-lost' | 'key-stolen' | 'retired'

/** The end of a registration. A peer that is revoked stays so. */
export interface Revocation {
  readonly peerId: PeerIdText
  /** Seconds since the Unix epoch */
  readonly timeSeconds: number
  readonly reason: RevocationReason
  /** Which of the two keys of the peer has signed: either may end it, so that whoever has lost one still can */
  readonly signedBy: 'identity' | 'ml-dsa'
  readonly signature: Uint8Array
}

/** What a registry holds of a peer. */
export interface RegistryEntry {
  readonly peerId: PeerIdText
  /** `migrated`: its activation is another peer's now */
  readonly status: 'active' | 'migrated' | 'revoked'
  readonly registration: Registration
  /** Of the listed key: 64 hexadecimal digits */
  readonly fingerprint: string
  /** Of the listed key */
  readonly epoch: number
}

/** A change that a registry tells of. `withdrawn`: a chain has taken it back, and `entry` is what holds again, if anything. */
export interface RegistryChange {
  readonly type: 'registered' | 'migrated' | 'revoked' | 'withdrawn'
  readonly peerId: PeerIdText
  readonly entry: RegistryEntry | undefined
}

/**
 * Who is registered, and with which key. Whoever holds it cannot make a registration up: each is signed by the peer that it is of.
 */
export interface Registry {
  /**
   * Registers a peer, or gives it its next key, or moves an activation to it.
   *
   * @throws PeerFault when a signature or the form is wrong
   * @throws OperationError `already-registered`, `activation-taken`, `not-authorized`, `not-registered`, `revoked`, `registry-full`, `busy`
   */
  register(registration: Registration, migration?: Migration): Promise<void>
  /**
   * Ends a registration.
   *
   * @throws PeerFault when the signature or the form is wrong
   * @throws OperationError `not-registered`, `revoked`, `busy`
   */
  revoke(revocation: Revocation): Promise<void>
  lookup(peerId: PeerIdText): Promise<RegistryEntry | undefined>
  /**
   * Hears of changes. Called synchronously; must not throw.
   *
   * @returns a function that ends the subscription
   */
  watch(observer: (change: RegistryChange) => void): () => void
}
