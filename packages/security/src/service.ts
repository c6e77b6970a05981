import type { ConnectionGater } from '@libp2p/interface'
import type { AdmissionPolicy } from '@peerwright/chain-spec'
import { type Clock, invariant, type NetAddress, type Timer } from '@peerwright/core'
import type { AsLookup, Goodbye, Network, PeerIdText } from '@peerwright/interface'
import { PeerScoring, type Population, ReliabilityBook, type ScoringInit } from '@peerwright/peer-scoring'
import { PeerAdmission } from './admission.ts'
import { watchConduct } from './conduct.ts'
import { SAVE_INTERVAL_MS, SAVE_SOON_MS } from './constants.ts'
import { AdmissionControl } from './control.ts'
import type { AdmissionEvent } from './events.ts'
import { connectionGater } from './gater.ts'
import { measureLag } from './lag-meter.ts'
import { AdmissionLog } from './log-lines.ts'
import { AdmissionStore } from './store.ts'

/** Options of `AdmissionService`. */
export interface AdmissionServiceInit {
  readonly policy: AdmissionPolicy
  /** Connections of both directions at most */
  readonly maxConnections: number
  /** How many of these inbound connections cannot have */
  readonly reservedForOutbound: number
  /** Whether limits hold for loopback */
  readonly limitLoopback: boolean
  readonly clock: Clock
  /** Peers that lose their session for a proven fault and nothing else. @default nobody */
  readonly exempt?: ReadonlySet<PeerIdText>
  /** The autonomous system of an address, for bans of these. @default none is known, and none can be banned */
  readonly asOf?: AsLookup
  /** Where bans and scores are kept; without it they are for this run */
  readonly folder?: string
  /** Ends connections of a peer that has no open session. @default nothing is done */
  readonly cut?: (peerId: PeerIdText) => void
  /** Gets lines for the log, bounded in number. @default they are not made */
  readonly log?: (line: string) => void
}

/** Admission, scores and their files, put together for a node. */
export class AdmissionService {
  readonly admission: PeerAdmission
  readonly scoring: PeerScoring
  /** Whoever asks peers for something tells here how it went */
  readonly reliability: ReliabilityBook = new ReliabilityBook()
  /** For `createLibp2p` */
  readonly gater: ConnectionGater
  readonly #init: AdmissionServiceInit
  readonly #store: AdmissionStore | undefined
  readonly #log = new AdmissionLog()
  readonly #listeners = new Set<(event: AdmissionEvent) => void>()
  #network: Network | undefined
  #control: AdmissionControl | undefined
  #ends: Array<() => void> = []
  #timer: Timer | undefined
  #dueMs = Infinity
  #running = false

  constructor (init: AdmissionServiceInit) {
    const { policy, maxConnections, reservedForOutbound, limitLoopback, clock, folder, exempt, asOf } = init
    this.#init = init
    const scoringInit: ScoringInit = {
      policy: policy.scoring,
      host: policy.connections.host,
      population: peerId => this.#population(peerId),
      exempt: (peerId, address) => this.admission.isExempt(peerId, address),
      onNotice: notice => { this.#tell(notice) }
    }
    this.scoring = new PeerScoring(scoringInit)
    this.admission = new PeerAdmission({
      policy,
      maxConnections,
      reservedForOutbound,
      limitLoopback,
      scores: this.scoring,
      ...(exempt === undefined ? {} : { exempt: peerId => exempt.has(peerId) }),
      ...(asOf === undefined ? {} : { asOf }),
      unwell: nowMs => this.scoring.health.frozen(1, nowMs) !== undefined,
      onDrop: (peerId, goodbye) => { this.#drop(peerId, goodbye) },
      onEvent: event => { this.#tell(event) }
    }, clock.monotonic())
    this.gater = connectionGater(this.admission, clock)
    this.#store = folder === undefined
      ? undefined
      : new AdmissionStore(folder, { bans: this.admission.enforcer.bans, scoring: this.scoring, scoringInit, clock })
  }

  /** The network whose peers are admitted. Called once, before `start`. */
  attach (network: Network): void {
    this.#network = network
    const { admission, scoring, reliability } = this
    this.#control = new AdmissionControl({ admission, scoring, reliability, network, clock: this.#init.clock })
  }

  /** The operator's calls */
  get control (): AdmissionControl {
    invariant(this.#control !== undefined, 'a network is attached')
    return this.#control
  }

  /** 2 for peers whose host is discouraged, 1 for those whose conduct earned a warning, 0 for others: in this order they are evicted. */
  preferEvict (peerId: PeerIdText, address: NetAddress, nowMs: number): number {
    const { enforcer, connections } = this.admission
    if (enforcer.discouraged.has(connections.hostOf(address), nowMs)) {
      return 2
    }
    return this.scoring.score(peerId, nowMs) <= this.#init.policy.scoring.warnAt * 1_000 ? 1 : 0
  }

  /** @returns a function that ends the subscription */
  observe (listener: (event: AdmissionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Reads what was stored, and begins to watch. @throws OperationError `storage` */
  async start (): Promise<void> {
    const { clock, log } = this.#init
    for (const line of await this.#store?.load() ?? []) {
      log?.(line)
    }
    invariant(this.#network !== undefined, 'a network is attached')
    this.#ends = [
      watchConduct(this.#network, this.admission, clock, this.reliability),
      measureLag(clock, (lagMs, nowMs) => { this.scoring.health.lag(lagMs, nowMs) })
    ]
    this.#running = true
    this.#saveIn(SAVE_INTERVAL_MS)
  }

  /** Stops watching, and stores what there is. @throws OperationError `storage` */
  async stop (): Promise<void> {
    for (const end of this.#ends.splice(0)) {
      end()
    }
    this.#timer?.cancel()
    this.#dueMs = Infinity
    if (this.#running) {
      this.#running = false
      await this.#store?.save()
    }
  }

  /** Stores after a while, and so on; a ban brings the next time nearer. */
  #saveIn (delayMs: number): void {
    const dueMs = this.#init.clock.monotonic() + delayMs
    if (!this.#running || this.#store === undefined || dueMs >= this.#dueMs) {
      return
    }
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#init.clock.schedule(delayMs, () => {
      this.#store?.save().catch((error: unknown) => { this.#init.log?.(`bans and scores could not be stored: ${error instanceof Error ? error.message : 'unknown'}`) })
      this.#dueMs = Infinity
      this.#saveIn(SAVE_INTERVAL_MS)
    })
  }

  #population (peerId: PeerIdText): Population {
    const sessions = this.#network?.sessions() ?? []
    return {
      connected: sessions.length,
      outbound: sessions.filter(({ direction }) => direction === 'outbound').length,
      useful: sessions.filter(session => session.peerId !== peerId).length,
      isOutbound: sessions.some(session => session.peerId === peerId && session.direction === 'outbound')
    }
  }

  #drop (peerId: PeerIdText, goodbye: Goodbye): void {
    const session = this.#network?.sessions().find(open => open.peerId === peerId)
    if (session === undefined) {
      this.#init.cut?.(peerId)
    } else {
      void session.close(goodbye)
    }
  }

  #tell (event: AdmissionEvent): void {
    if (event.type === 'banned' || event.type === 'unbanned') {
      this.#saveIn(SAVE_SOON_MS)
    }
    if (this.#init.log !== undefined) {
      const line = this.#log.line(event, this.#init.clock.monotonic())
      if (line !== undefined) {
        this.#init.log(line)
      }
    }
    for (const listener of [...this.#listeners]) {
      listener(event)
    }
  }
}
