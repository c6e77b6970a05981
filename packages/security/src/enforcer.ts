import type { BanPolicy } from '@peerwright/chain-spec'
import { BoundedMap, type IpRange, type NetAddress } from '@peerwright/core'
import type { AsLookup, Goodbye, PeerIdText, ScoreAction } from '@peerwright/interface'
import { BanList, type BanTerms } from './ban-list.ts'
import type { Ban, BanTarget } from './ban.ts'
import { MAX_HOSTS, MAX_PEERS } from './constants.ts'
import { CoolDowns } from './cool-downs.ts'
import { Discouraged } from './discouraged.ts'
import type { AdmissionEvent } from './events.ts'

/** What the enforcer needs of those around it. */
export interface EnforcerParts {
  readonly policy: BanPolicy
  readonly asOf?: AsLookup
  /** The key of the host at an address, and the range of all its addresses */
  readonly hostOf: (address: NetAddress) => string
  readonly hostRange: (address: NetAddress) => IpRange
  readonly peersOfHost: (host: string) => readonly PeerIdText[]
  /** Whether an address may not be banned */
  readonly noban: (address: NetAddress) => boolean
  /** A session has to end */
  readonly drop: (peerId: PeerIdText, goodbye: Goodbye) => void
  readonly tell: (event: AdmissionEvent) => void
}

/** Carries out what was decided about peers, and remembers it: throttles, cool-downs, bans, those discouraged. */
export class Enforcer {
  readonly bans: BanList
  readonly coolDowns: CoolDowns = new CoolDowns()
  readonly discouraged: Discouraged = new Discouraged()
  readonly #parts: EnforcerParts
  readonly #throttledUntilMs = new BoundedMap<PeerIdText, number>(MAX_PEERS)
  readonly #bannedPeersOfHost = new BoundedMap<string, Set<PeerIdText>>(MAX_HOSTS)

  constructor (parts: EnforcerParts) {
    this.#parts = parts
    this.bans = new BanList(parts.policy.maxEntries, parts.asOf)
  }

  /** How long the frames of a peer are not handled from now on, in milliseconds */
  throttledFor (peerId: PeerIdText, nowMs: number): number {
    return Math.max(0, (this.#throttledUntilMs.get(peerId) ?? -Infinity) - nowMs)
  }

  /** Does to a peer what its conduct leads to. */
  apply (actions: readonly ScoreAction[], peerId: PeerIdText, address: NetAddress, nowMs: number, evidence?: string): void {
    const { drop, tell } = this.#parts
    for (const action of actions) {
      const { rule } = action
      switch (action.type) {
        case 'warn':
          tell({ type: 'warned', peerId, rule, violations: action.violations })
          break
        case 'throttle':
          this.#throttledUntilMs.set(peerId, nowMs + Math.max(action.durationMs, this.throttledFor(peerId, nowMs)))
          break
        case 'disconnect':
          drop(peerId, { code: 'fault', text: rule })
          break
        case 'cool-down':
          this.coolDowns.set(`peer ${peerId}`, action.durationMs, nowMs)
          tell({ type: 'cooled-down', peerId, rule, durationMs: action.durationMs })
          drop(peerId, { code: 'slow', text: rule, retryAfterSeconds: Math.ceil(action.durationMs / 1_000) })
          break
        case 'ban': {
          const { durationMs } = action
          const terms = { rule, reason: 'conduct', ...(durationMs === undefined ? {} : { durationMs }), ...(evidence === undefined ? {} : { evidence }) }
          if (action.key === 'peer') {
            this.#banPeer(peerId, address, terms, nowMs)
          } else {
            this.banHost(address, terms, nowMs)
          }
          drop(peerId, goodbyeOf(terms))
        }
      }
    }
  }

  /** Bans, and ends the sessions that it is about. @throws OperationError `full`, `not-supported` */
  ban (target: BanTarget, terms: BanTerms, sessions: ReadonlyArray<{ readonly peerId: PeerIdText, readonly address: NetAddress }>, nowMs: number): Ban {
    const ban = this.bans.add(target, terms, nowMs)
    this.#parts.tell({ type: 'banned', ban })
    for (const { peerId, address } of sessions) {
      if (this.bans.ofPeer(peerId, nowMs) === ban || this.bans.ofIp(address.ip, nowMs) === ban) {
        this.#parts.drop(peerId, goodbyeOf(terms))
      }
    }
    return ban
  }

  /** Bans all addresses of the host at an address; not one that may not be banned. */
  banHost (address: NetAddress, terms: BanTerms, nowMs: number): void {
    if (this.#parts.noban(address)) {
      return
    }
    const ban = this.bans.add({ type: 'range', range: this.#parts.hostRange(address) }, terms, nowMs)
    this.#parts.tell({ type: 'banned', ban })
    for (const peerId of this.#parts.peersOfHost(this.#parts.hostOf(address))) {
      this.#parts.drop(peerId, goodbyeOf(terms))
    }
  }

  /** Lifts a ban, and what else keeps the target away. @returns whether there was anything */
  unban (target: BanTarget, nowMs: number): boolean {
    const lifted = this.bans.remove(target, nowMs)
    const cooled = target.type === 'peer' && this.coolDowns.left(`peer ${target.peerId}`, nowMs) > 0
    const throttled = target.type === 'peer' && this.throttledFor(target.peerId, nowMs) > 0
    if (target.type === 'peer') {
      this.coolDowns.delete(`peer ${target.peerId}`)
      this.#throttledUntilMs.delete(target.peerId)
    }
    if (lifted) {
      this.#parts.tell({ type: 'unbanned', target })
    }
    return lifted || cooled || throttled
  }

  /** Everybody may come again. */
  clear (): void {
    this.bans.clear()
    this.coolDowns.clear()
    this.discouraged.clear()
    this.#throttledUntilMs.clear()
    this.#bannedPeersOfHost.clear()
  }

  /** An id is free, so a host with many banned ids is banned too; but one host may have honest peers beside a bad one, so not before. */
  #banPeer (peerId: PeerIdText, address: NetAddress, terms: BanTerms, nowMs: number): void {
    const { policy: { hostAfterPeers }, hostOf, tell } = this.#parts
    tell({ type: 'banned', ban: this.bans.add({ type: 'peer', peerId }, terms, nowMs) })
    const host = hostOf(address)
    const peers = [...this.#bannedPeersOfHost.touch(host) ?? [], peerId].filter(id => this.bans.ofPeer(id, nowMs) !== undefined)
    // Only the last ones count, so that the set is bounded
    const banned = new Set(peers.slice(-Math.max(1, 2 * hostAfterPeers)))
    this.#bannedPeersOfHost.set(host, banned)
    if (hostAfterPeers > 0 && banned.size >= hostAfterPeers) {
      this.banHost(address, { ...terms, reason: `${banned.size} banned ids` }, nowMs)
    }
  }
}

function goodbyeOf ({ rule, durationMs }: BanTerms): Goodbye {
  return { code: 'banned', text: rule, ...(durationMs === undefined ? {} : { retryAfterSeconds: Math.min(86_400, Math.ceil(durationMs / 1_000)) }) }
}
