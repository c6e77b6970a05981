import { createHmac } from 'node:crypto'
import { addressKind, BoundedMap, type NetAddress, netgroup } from '@peerwright/core'
import type { PeerFacts, PeerIdText, SlotDecision, SlotHolder, SlotPolicy } from '@peerwright/interface'
import { MAX_GROUPS, NETGROUP_V4_BITS, NETGROUP_V6_BITS, TOO_MANY_SECONDS } from './constants.ts'
import { type EvictionCandidate, selectPeerToEvict } from './eviction.ts'

/** Options of `InboundSlots`. */
export interface SlotsInit {
  readonly maxInbound: number
  readonly maxOutbound: number
  /** 32 random bytes: the order in which netgroups are protected */
  readonly secret: Uint8Array
  /** Peers that are never evicted. @default nobody */
  readonly exempt?: (peerId: PeerIdText, address: NetAddress) => boolean
  /** 0 to keep, more for those who go first: 2 for those discouraged, 1 for those disliked. @default 0 for everybody */
  readonly preferEvict?: (peerId: PeerIdText, address: NetAddress, nowMs: number) => number
}

/** Gives slots: inbound peers take the place of less useful ones when all are taken; outbound peers do not. */
export class InboundSlots implements SlotPolicy {
  readonly #init: SlotsInit
  /** Groups under the secret, computed once */
  readonly #groups = new BoundedMap<string, string>(MAX_GROUPS)

  constructor (init: SlotsInit) {
    this.#init = init
  }

  decide (newcomer: SlotHolder, holders: ReadonlyArray<SlotHolder & { readonly facts: PeerFacts }>, nowMs: number): SlotDecision {
    const { maxInbound, maxOutbound, exempt, preferEvict } = this.#init
    const alike = holders.filter(({ direction }) => direction === newcomer.direction)
    if (newcomer.direction === 'outbound') {
      // Feelers and whoever the operator asks for come on top
      const counts = newcomer.class !== 'manual' && newcomer.class !== 'feeler'
      const taken = alike.filter(holder => holder.class !== 'manual' && holder.class !== 'feeler').length
      return counts && taken >= maxOutbound ? { action: 'refuse', code: 'too-many-peers' } : { action: 'admit' }
    }
    if (alike.length < maxInbound) {
      return { action: 'admit' }
    }
    const welcome = exempt?.(newcomer.peerId, newcomer.address) === true
    const unwanted = (preferEvict?.(newcomer.peerId, newcomer.address, nowMs) ?? 0) > 0
    const evicted = unwanted && !welcome ? undefined : selectPeerToEvict(this.#candidates(alike, nowMs))
    return evicted === undefined
      ? { action: 'refuse', code: 'too-many-peers', retryAfterSeconds: TOO_MANY_SECONDS }
      : { action: 'evict', peerId: evicted, retryAfterSeconds: TOO_MANY_SECONDS }
  }

  #candidates (holders: ReadonlyArray<SlotHolder & { readonly facts: PeerFacts }>, nowMs: number): EvictionCandidate[] {
    const { exempt, preferEvict } = this.#init
    return holders.filter(({ peerId, address }) => exempt?.(peerId, address) !== true).map(({ peerId, address, class: connectionClass, facts }) => ({
      peerId,
      netgroup: this.#keyed(address),
      connectedMs: facts.openedMs,
      ...(facts.minRttMs === undefined ? {} : { minRttMs: facts.minRttMs }),
      ...(facts.lastTxMs === undefined ? {} : { lastTxMs: facts.lastTxMs }),
      ...(facts.lastBlockMs === undefined ? {} : { lastBlockMs: facts.lastBlockMs }),
      relaysTransactions: connectionClass === 'full' || connectionClass === 'manual',
      local: addressKind(address.ip) === 'loopback',
      preferEvict: preferEvict?.(peerId, address, nowMs) ?? 0
    }))
  }

  #keyed ({ ip }: NetAddress): string {
    const group = netgroup(ip, NETGROUP_V4_BITS, NETGROUP_V6_BITS)
    let keyed = this.#groups.touch(group)
    if (keyed === undefined) {
      keyed = createHmac('sha256', this.#init.secret).update(group).digest('hex')
      this.#groups.set(group, keyed)
    }
    return keyed
  }
}
