import { equalBytes, OperationError, toHex } from '@peerwright/core'
import type { PeerIdText, Registration, RegistryChange, RegistryEntry } from '@peerwright/interface'
import { MAX_REGISTRATIONS } from './constants.ts'
import type { CheckedRecord } from './registry-check.ts'

/** What a registry lets in. */
export interface RegistryRules {
  /** Most peers that it holds. @default 10000 */
  readonly limit?: number
  /**
   * Whether an activation was paid for, or whatever it takes: the embedder's word. Asked when a peer comes with a new activation.
   *
   * @default everybody
   */
  readonly authorize?: (peerId: PeerIdText, registration: Registration) => boolean
}

/** What holds again when a change is taken back. */
export type Undo = ReadonlyArray<readonly [peerId: PeerIdText, entry: RegistryEntry | undefined]>

/** A change that was made. */
export interface Applied {
  readonly changes: readonly RegistryChange[]
  readonly undo: Undo
}

/** Who is registered. A pure machine: records come in order, their signatures are checked already. */
export class RegistryState {
  readonly #limit: number
  readonly #authorize: (peerId: PeerIdText, registration: Registration) => boolean
  readonly #entries = new Map<PeerIdText, RegistryEntry>()
  /** Whose an activation is; that of a revoked peer stays its own */
  readonly #holders = new Map<string, PeerIdText>()

  constructor ({ limit = MAX_REGISTRATIONS, authorize = () => true }: RegistryRules = {}) {
    this.#limit = limit
    this.#authorize = authorize
  }

  get size (): number {
    return this.#entries.size
  }

  get (peerId: PeerIdText): RegistryEntry | undefined {
    return this.#entries.get(peerId)
  }

  /** All that it holds. */
  all (): RegistryEntry[] {
    return [...this.#entries.values()]
  }

  /** @throws OperationError as in `Registry` */
  apply (record: CheckedRecord): Applied {
    switch (record.type) {
      case 'register':
        this.#checkRegister(record)
        return this.#put([record.entry], 'registered')
      case 'migrate': {
        const from = this.#checkMigrate(record)
        return this.#put([{ ...from, status: 'migrated' }, record.entry], 'migrated')
      }
      case 'revoke':
        return this.#put([{ ...this.#living(record.peerId), status: 'revoked' }], 'revoked')
    }
  }

  /** Takes a change back; the one made last first. */
  revert (undo: Undo): RegistryChange[] {
    for (const [peerId] of undo) {
      this.#release(peerId)
    }
    return undo.map(([peerId, entry]) => {
      this.#store(peerId, entry)
      return { type: 'withdrawn', peerId, entry }
    })
  }

  #checkRegister ({ entry, vouchedBy }: Extract<CheckedRecord, { type: 'register' }>): void {
    const { peerId, registration } = entry
    const known = this.#checkKey(entry, vouchedBy)
    const holder = this.#holders.get(toHex(registration.activation))
    if (holder !== undefined && holder !== peerId) {
      throw new OperationError('activation-taken', 'the activation is another peer\'s; it can be moved by that peer')
    }
    const repeated = known?.status === 'active' && known.fingerprint === entry.fingerprint
    if (repeated && registration.lastSeenSeconds <= known.registration.lastSeenSeconds) {
      throw new OperationError('already-registered', 'the peer is registered, and this says nothing later')
    }
    if (registration.migrationCount !== (holder === peerId ? known?.registration.migrationCount : 0)) {
      throw new OperationError('not-authorized', 'the registration counts migrations that were none')
    }
    if (holder !== peerId) {
      this.#admit(entry)
    }
  }

  #checkMigrate ({ entry, vouchedBy, from }: Extract<CheckedRecord, { type: 'migrate' }>): RegistryEntry {
    const { peerId, registration } = entry
    const source = this.#living(from)
    const known = this.#checkKey(entry, vouchedBy)
    if (peerId === from || known?.status === 'active') {
      throw new OperationError('already-registered', 'an activation moves to a peer that has none')
    }
    const { activation, migrationCount } = source.registration
    if (source.status !== 'active' || !equalBytes(activation, registration.activation) || registration.migrationCount !== migrationCount + 1) {
      throw new OperationError('not-authorized', 'the peer does not have the activation that it gives away')
    }
    this.#admit(entry)
    return source
  }

  /** A peer that is known has the key that is listed, or one that the listed key has signed. */
  #checkKey ({ peerId, fingerprint, epoch }: RegistryEntry, vouchedBy: string | undefined): RegistryEntry | undefined {
    const known = this.#entries.get(peerId)
    if (known?.status === 'revoked') {
      throw new OperationError('revoked', 'the peer was revoked, and stays so')
    }
    if (known !== undefined && known.fingerprint !== fingerprint && (epoch <= known.epoch || vouchedBy !== known.fingerprint)) {
      throw new OperationError('not-authorized', 'another key is listed for the peer, and it has not signed this one')
    }
    return known
  }

  #admit ({ peerId, registration }: RegistryEntry): void {
    if (!this.#authorize(peerId, registration)) {
      throw new OperationError('not-authorized', 'the activation is not good here')
    }
    if (!this.#entries.has(peerId) && this.#entries.size >= this.#limit) {
      throw new OperationError('registry-full', `more than ${this.#limit} peers cannot be registered`)
    }
  }

  #living (peerId: PeerIdText): RegistryEntry {
    const known = this.#entries.get(peerId)
    if (known === undefined) {
      throw new OperationError('not-registered', 'the peer is not registered')
    }
    if (known.status === 'revoked') {
      throw new OperationError('revoked', 'the peer was revoked, and stays so')
    }
    return known
  }

  #put (entries: readonly RegistryEntry[], type: RegistryChange['type']): Applied {
    const undo = entries.map(({ peerId }) => [peerId, this.#entries.get(peerId)] as const)
    for (const { peerId } of entries) {
      this.#release(peerId)
    }
    for (const entry of entries) {
      this.#store(entry.peerId, entry)
    }
    return { changes: entries.map(entry => ({ type, peerId: entry.peerId, entry })), undo }
  }

  #release (peerId: PeerIdText): void {
    const known = this.#entries.get(peerId)
    const activation = known === undefined ? '' : toHex(known.registration.activation)
    if (this.#holders.get(activation) === peerId) {
      this.#holders.delete(activation)
    }
  }

  #store (peerId: PeerIdText, entry: RegistryEntry | undefined): void {
    if (entry === undefined) {
      this.#entries.delete(peerId)
      return
    }
    this.#entries.set(peerId, entry)
    if (entry.status !== 'migrated') {
      this.#holders.set(toHex(entry.registration.activation), peerId)
    }
  }
}
