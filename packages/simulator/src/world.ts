import type { ConnectionGater } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import { NetAddress, OperationError, type Random, seededRandom } from '@peerwright/core'
import { Guards } from './guards.ts'
import { Hosts } from './hosts.ts'
import { Internet } from './internet.ts'
import { NodeClock } from './node-clock.ts'
import { drawPeerId } from './peer-ids.ts'
import { quantumcoin } from './profiles.ts'
import { Puppet } from './puppet.ts'
import { settle } from './settle.ts'
import { describeEnd, describeEvent, describeSession, sessionInitOf, SimNode, type SimNodeOptions } from './sim-node.ts'
import { Timeline } from './timeline.ts'
import { Trace } from './trace.ts'
import { VirtualLibp2p } from './virtual-libp2p.ts'

/** What a world is made of. */
export interface WorldOptions {
  /** All that is drawn comes from it: a whole number from 0 to 2^53 - 1 */
  readonly seed: number
  /** Of the nodes that nothing else is said of; quantumcoin's when absent */
  readonly profile?: NetworkProfile
}

/** Something that a run was to show, and whether it did. */
export interface Check {
  readonly what: string
  readonly ok: boolean
  /** What was found */
  readonly found: string
}

/** Inbound connections above those that admission allows, as `createNode` tells libp2p. */
const SPARE_PENDING = 64

/** 2^32: seeds of the parts are drawn from one. */
const SEEDS = 0x1_0000_0000

/** A network in a box: time, an internet, nodes and attackers. One seed gives one history. */
export class World {
  readonly timeline: Timeline = new Timeline()
  readonly trace: Trace = new Trace()
  readonly random: Random
  readonly internet: Internet
  readonly hosts: Hosts
  readonly profile: NetworkProfile
  readonly checks: Check[] = []
  readonly nodes: SimNode[] = []

  constructor ({ seed, profile = quantumcoin() }: WorldOptions) {
    this.random = seededRandom(seed)
    this.internet = new Internet(this.timeline, this.#fork())
    this.hosts = new Hosts(this.#fork())
    this.profile = profile
  }

  /** A node that runs. */
  async node (options: SimNodeOptions = {}): Promise<SimNode> {
    const name = options.name ?? `n${this.nodes.length}`
    const profile = options.profile ?? this.profile
    const random = this.#fork()
    const clock = new NodeClock(this.timeline)
    const guards = options.guarded === false
      ? undefined
      : new Guards({
          profile,
          clock,
          random,
          asOf: target => this.hosts.asOf(target),
          onEvent: event => { this.log(name, describeEvent(event)) }
        })
    const libp2p = this.#libp2p(name, profile, options, guards?.service.gater)
    const node: SimNode = new SimNode(name, libp2p, clock, {
      ...sessionInitOf(profile),
      clock,
      random,
      yieldTurn: async () => { await new Promise<void>(resolve => { this.timeline.schedule(0, resolve) }) },
      ...(guards === undefined ? {} : { admission: guards.admission, slots: guards.slots }),
      ...options.session
    }, guards)
    await guards?.start(node.network)
    node.network.observe({
      opened: session => { this.log(name, `opened ${describeSession(session)}`) },
      closed: (session, end) => { this.log(name, `closed ${describeSession(session)}: ${describeEnd(end)}`) }
    })
    this.nodes.push(node)
    await node.start()
    return node
  }

  /** Somebody without a session service: opens connections and streams, and says whatever it likes. */
  puppet (options: Pick<SimNodeOptions, 'name' | 'ip' | 'as'> = {}): Puppet {
    return new Puppet(this.#libp2p(options.name ?? 'puppet', this.profile, options), this.profile)
  }

  /** Writes a line of the trace. */
  log (who: string, what: string): void {
    this.trace.add(this.timeline.monotonic(), who, what)
  }

  /** Lets time pass, in milliseconds. */
  async run (ms: number): Promise<void> {
    await this.timeline.run(this.timeline.monotonic() + ms, settle)
  }

  /** Lets time pass until a condition holds. @throws OperationError `timeout` when it does not within `limitMs` */
  async until (condition: () => boolean, limitMs = 3_600_000): Promise<void> {
    if (!await this.timeline.run(this.timeline.monotonic() + limitMs, settle, condition)) {
      throw new OperationError('timeout', `it did not happen within ${limitMs} ms of virtual time`)
    }
  }

  /** Lets time pass until a promise is settled. @throws what it rejects with, OperationError `timeout` */
  async settled<T> (promise: Promise<T>, limitMs?: number): Promise<T> {
    let over = false
    const mark = (): void => { over = true }
    promise.then(mark, mark)
    await this.until(() => over, limitMs)
    return await promise
  }

  /** Says whether something is as it should be; a run with one that is not has failed. */
  check (what: string, ok: boolean, found: unknown = ok): void {
    this.checks.push({ what, ok, found: String(found) })
    this.log('check', `${ok ? 'ok' : 'FAILED'} ${what}: ${String(found)}`)
  }

  #libp2p (name: string, profile: NetworkProfile, { ip, as }: SimNodeOptions, gater?: ConnectionGater): VirtualLibp2p {
    const host = this.hosts.add(ip, as)
    const address = NetAddress.from(host.ip, profile.policy.defaultPort)
    if (address === undefined) {
      throw new OperationError('invalid-option', `${host.ip} is no address`)
    }
    return new VirtualLibp2p({
      internet: this.internet,
      peerId: drawPeerId(this.random),
      host,
      address,
      hostOf: other => this.hosts.at(other),
      upgradeTimeoutMs: profile.policy.timings.handshakeTimeoutMs,
      maxPending: profile.policy.admission.connections.pending + SPARE_PENDING,
      onSocket: (what, from) => { this.log(name, `${what} ${from.toString()}`) },
      ...(gater === undefined ? {} : { gater })
    })
  }

  /** Randomness of a part's own: what one part draws does not change what another one does. */
  #fork (): Random {
    return seededRandom(this.random.below(SEEDS))
  }
}
