import { invariant, OperationError, PeerFault } from '@peerwright/core'
import type { CertifiedPeer, PeerIdText } from '@peerwright/interface'
import { MAX_PINS } from './constants.ts'

/** Where the knowledge of a peer's key comes from, the most trusted first. */
export type PinSource = 'configuration' | 'profile' | 'signed-record' | 'first-contact'

/** The key that a peer is known to have. */
export interface Pin {
  readonly peerId: PeerIdText
  /** Of suite and key: 64 hexadecimal digits */
  readonly fingerprint: string
  /** Lowest epoch that is still believed */
  readonly epoch: number
  readonly source: PinSource
}

/** Sources by their weight: a weightier one replaces what a lighter one said, and never the other way round. */
const WEIGHTS: Readonly<Record<PinSource, number>> = { configuration: 3, profile: 2, 'signed-record': 1, 'first-contact': 0 }

/** Sources by their number where pins are kept. A number keeps its meaning for ever. */
export const PIN_SOURCES: readonly PinSource[] = ['configuration', 'profile', 'signed-record', 'first-contact']

/**
 * Which peer has which ML-DSA key, from all that was told and seen. At most so many; the pin from a first contact that was not used for
 * the longest time makes room, all others stay.
 *
 * A key that was learned before is held to: a peer that shows another one is refused, whatever else vouches for it, unless the key
 * that is known has signed the new one. That is the only part of this that withstands whoever can forge Ed25519.
 */
export class Pins {
  readonly #limit: number
  readonly #firm = new Map<PeerIdText, Pin>()
  /** From first contacts, the one that was used longest ago first */
  readonly #seen = new Map<PeerIdText, Pin>()

  /** @param limit - most pins; each takes about 300 bytes */
  constructor (limit: number = MAX_PINS) {
    invariant(Number.isInteger(limit) && limit > 0, 'a store of pins needs a limit of at least 1')
    this.#limit = limit
  }

  get size (): number {
    return this.#firm.size + this.#seen.size
  }

  get (peerId: PeerIdText): Pin | undefined {
    return this.#firm.get(peerId) ?? this.#seen.get(peerId)
  }

  /** All pins, to be kept. */
  toArray (): Pin[] {
    return [...this.#firm.values(), ...this.#seen.values()]
  }

  /**
   * Takes what a source says of a peer's key. What a weightier source said stays.
   *
   * @throws OperationError `pin-conflict` when a source of the same weight said something else, `too-many-pins`
   */
  learn (pin: Pin): void {
    const known = this.get(pin.peerId)
    if (known !== undefined && WEIGHTS[known.source] >= WEIGHTS[pin.source] && this.#stays(known, pin)) {
      this.#touch(known)
      return
    }
    this.#set(pin)
  }

  /**
   * Holds a peer that was certified against what is known of it, and remembers it: at the first contact as it is, and after a rotation
   * that the known key has signed.
   *
   * @param remember - whether a first contact is remembered
   * @throws PeerFault `epoch-rolled-back`, `pin-mismatch`
   */
  check (peer: CertifiedPeer, remember: boolean = true): 'first-contact' | 'known' | 'rotated' {
    const pin = this.get(peer.peerId)
    if (pin === undefined) {
      if (remember) {
        this.#set({ peerId: peer.peerId, fingerprint: peer.fingerprint, epoch: peer.epoch, source: 'first-contact' })
      }
      return 'first-contact'
    }
    if (peer.epoch < pin.epoch) {
      throw new PeerFault('epoch-rolled-back', `the peer shows the key of an epoch before the one that is known (${pin.source})`)
    }
    if (peer.fingerprint === pin.fingerprint) {
      this.#touch(pin)
      return 'known'
    }
    if (peer.epoch > pin.epoch && peer.vouchedBy === pin.fingerprint) {
      this.#set({ ...pin, fingerprint: peer.fingerprint, epoch: peer.epoch })
      return 'rotated'
    }
    throw new PeerFault('pin-mismatch', `the peer shows another key than the one that is known (${pin.source}); if it is right, forget the old one`, { offence: 'ambiguous' })
  }

  /** Forgets a peer's key on the operator's word: the next contact is a first one. */
  forget (peerId: PeerIdText): boolean {
    return this.#firm.delete(peerId) || this.#seen.delete(peerId)
  }

  /** Whether what is known stays against a word that weighs no more. */
  #stays (known: Pin, pin: Pin): boolean {
    if (known.source === pin.source && known.epoch === pin.epoch && known.fingerprint !== pin.fingerprint) {
      throw new OperationError('pin-conflict', `two keys of ${pin.peerId} are pinned by ${pin.source}: remove one`)
    }
    // A source that still says what held before a rotation is behind, not against it
    return known.source !== pin.source || known.epoch >= pin.epoch
  }

  #touch (pin: Pin): void {
    if (this.#seen.delete(pin.peerId)) {
      this.#seen.set(pin.peerId, pin)
    }
  }

  #set (pin: Pin): void {
    const { peerId, source } = pin
    const known = this.get(peerId) !== undefined
    if (!known && this.size >= this.#limit && !this.#makeRoom(source)) {
      return
    }
    this.#seen.delete(peerId)
    this.#firm.delete(peerId)
    const pins = source === 'first-contact' ? this.#seen : this.#firm
    pins.set(peerId, pin)
  }

  /** Whether there is room. A first contact finds none where all pins are firm: such a peer is not remembered. */
  #makeRoom (source: PinSource): boolean {
    const oldest = this.#seen.keys().next().value
    if (oldest !== undefined) {
      return this.#seen.delete(oldest)
    }
    if (source === 'first-contact') {
      return false
    }
    throw new OperationError('too-many-pins', `more than ${this.#limit} keys are pinned`)
  }
}
