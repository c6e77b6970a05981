import { BoundedMap, type NetAddress } from '@peerwright/core'

/** Addresses remembered. Chosen: libp2p has 100 dials under way at most, and each is asked about when it ends. */
const MAX_ADDRESSES = 128

/** Why the last channel to each address did not come about, until somebody asks. */
export class LastRefusals {
  readonly #errors = new BoundedMap<string, Error>(MAX_ADDRESSES)

  note (address: NetAddress, error: Error): void {
    this.#errors.set(address.toString(), error)
  }

  /** Answers once. */
  take (address: NetAddress): Error | undefined {
    const key = address.toString()
    const error = this.#errors.get(key)
    this.#errors.delete(key)
    return error
  }
}
