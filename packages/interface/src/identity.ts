import type { PeerIdText } from './network.ts'

/** A peer whose certificate was checked: this signing key is its own. */
export interface CertifiedPeer {
  readonly peerId: PeerIdText
  /** Suite of the key, such as `ml-dsa-65` */
  readonly suite: string
  /** How often the key was replaced */
  readonly epoch: number
  readonly publicKey: Uint8Array
  /** Stands for suite and key: 64 hexadecimal digits */
  readonly fingerprint: string
  /** Fingerprint of the key of the epoch before, where that key has signed too */
  readonly vouchedBy?: string
  /** Seconds since the Unix epoch until which the certificate is good */
  readonly notAfterSeconds: number
}

/** Signs for this node. What a signature is for stands in what is signed. */
export interface Signer {
  /** Suite of the key, such as `ml-dsa-65` */
  readonly suite: string
  /** The certificate of the key, renewed in time. At most 15,572 bytes */
  certificate(nowSeconds: number): Promise<Uint8Array>
  sign(statement: Uint8Array): Uint8Array
}

/** Judges what other nodes sign. */
export interface Verifier {
  /** The suites that are accepted, the best one first */
  readonly suites: readonly string[]
  /**
   * Checks a certificate: its form, its time, its signatures, and what is known of the peer's key already.
   *
   * @param certificate - as it came from the peer
   * @param remember - whether a key that is met for the first time is held to from now on; so for peers that we dialled, and not for strangers that
   * come in any number. @default true
   * @throws PeerFault which says what is wrong
   */
  certify(peerId: PeerIdText, certificate: Uint8Array, nowSeconds: number, remember?: boolean): Promise<CertifiedPeer>
  /** Whether a signature is of the key of a peer that was certified here. */
  verify(peer: CertifiedPeer, statement: Uint8Array, signature: Uint8Array): boolean
}
