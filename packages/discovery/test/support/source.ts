import { NetAddress } from '@peerwright/core'
import type { Candidate, CandidateSource } from '@peerwright/interface'

/** A source whose answers a test chooses, and that counts how often it was asked. */
export class ListSource implements CandidateSource {
  readonly name: string
  asked = 0
  list: readonly string[] | Error
  readonly #validForSeconds: number | undefined

  constructor (name: string, list: readonly string[] | Error, validForSeconds?: number) {
    this.name = name
    this.list = list
    this.#validForSeconds = validForSeconds
  }

  async find (): Promise<readonly Candidate[]> {
    this.asked++
    if (this.list instanceof Error) {
      throw this.list
    }
    const valid = this.#validForSeconds === undefined ? {} : { validForSeconds: this.#validForSeconds }
    return await Promise.resolve(this.list.map(text => ({ address: address(text), ...valid })))
  }
}

/** An address from its text. */
export function address (text: string): NetAddress {
  return NetAddress.parse(text)!
}
