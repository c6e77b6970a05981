import type { PeerId } from '@libp2p/interface'
import { type NetAddress, OperationError } from '@peerwright/core'
import { WrongIdentityError } from './errors.ts'
import { isSpkiPin, spkiPin } from './spki-pin.ts'

/** Who must answer at an address. */
export interface AddressPin {
  readonly address: NetAddress
  /** A PeerId, or `sha256/...` of the SubjectPublicKeyInfo of the identity key: `spkiPin`. The certificate of TLS is new for each connection */
  readonly pin: string
}

/** Most pins. Chosen: a node knows the peers of its configuration and its profile, and these are lists of at most 64. */
const MAX_ADDRESS_PINS = 1_024

/** Text of a PeerId in base58. */
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{32,256}$/

/** The identities that must answer at certain addresses; one of them, where an address has several. */
export class AddressPins {
  readonly #pins = new Map<string, Set<string>>()

  /** @throws OperationError `invalid-option` */
  constructor (pins: Iterable<AddressPin> = []) {
    let count = 0
    for (const { address, pin } of pins) {
      if (!isSpkiPin(pin) && !PEER_ID.test(pin)) {
        throw new OperationError('invalid-option', `the pin of ${address.toString()} must be a PeerId, or sha256/ and 32 bytes in base64`)
      }
      if (++count > MAX_ADDRESS_PINS) {
        throw new OperationError('invalid-option', `at most ${MAX_ADDRESS_PINS} pins of addresses can be kept`)
      }
      const key = address.toString()
      this.#pins.set(key, (this.#pins.get(key) ?? new Set()).add(pin))
    }
  }

  /**
   * Holds who answered at an address against its pins. An identity that is only a hash, as libp2p's TLS gives that of an RSA key, has no
   * key that could be compared: it needs a pin with its PeerId.
   *
   * @throws WrongIdentityError
   */
  check (address: NetAddress, identity: PeerId): void {
    const pins = this.#pins.get(address.toString())
    if (pins === undefined || pins.has(identity.toString())) {
      return
    }
    if (identity.publicKey === undefined || !pins.has(spkiPin(identity.publicKey))) {
      throw new WrongIdentityError(address)
    }
  }
}
