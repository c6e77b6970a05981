import { type AddressScope, inScope, NetAddress, OperationError } from '@peerwright/core'
import type { CandidateSource, PeerTarget } from '@peerwright/interface'
import type { DnsClient } from './dns-client.ts'
import { nameFromMultiaddr, targetFromMultiaddr } from './multiaddr-target.ts'

/** Nodes that are asked when the seeds do not help: multiaddrs with an address, or with a name that our own client looks up. */
export class BootstrapNodes implements CandidateSource {
  readonly name: string = 'bootstrap'
  readonly #nodes: readonly string[]
  readonly #client: DnsClient
  readonly #scope: AddressScope

  /** @throws OperationError `invalid-option` for a multiaddr of another form */
  constructor (nodes: readonly string[], client: DnsClient, scope: AddressScope) {
    const wrong = nodes.find(node => targetFromMultiaddr(node) === undefined && nameFromMultiaddr(node) === undefined)
    if (wrong !== undefined) {
      throw new OperationError('invalid-option', 'a bootstrap node is /ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT with or without /p2p/ID')
    }
    this.#nodes = nodes
    this.#client = client
    this.#scope = scope
  }

  /** @throws OperationError when nobody is known because names could not be looked up: with the reason of the first failure */
  async find (signal: AbortSignal): Promise<readonly PeerTarget[]> {
    const found = answersOf(await Promise.allSettled(this.#nodes.map(async node => await this.#resolve(node, signal))))
    return found.flat().filter(target => inScope(target.address.ip, this.#scope))
  }

  async #resolve (node: string, signal: AbortSignal): Promise<PeerTarget[]> {
    const target = targetFromMultiaddr(node)
    const named = nameFromMultiaddr(node)
    if (target !== undefined || named === undefined) {
      return target === undefined ? [] : [target]
    }
    const { name, port, records, peerId } = named
    const answers = answersOf(await Promise.allSettled(records.map(async type => await this.#client.query(name, type, signal))))
    return answers.flatMap(answer => answer.records).flatMap(record => {
      const address = 'ip' in record ? NetAddress.from(record.ip, port) : undefined
      return address === undefined ? [] : [{ address, ...(peerId === undefined ? {} : { peerId }) }]
    })
  }
}

/** What succeeded; when nothing did, why the first failed. */
function answersOf<T> (results: ReadonlyArray<PromiseSettledResult<T>>): T[] {
  const answered = results.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
  const failed = results.find(result => result.status === 'rejected')
  if (answered.length === 0 && failed !== undefined) {
    throw failed.reason
  }
  return answered
}
