import type { AddressGrouping, ScoringPolicy } from '@peerwright/chain-spec'
import type { NetAddress } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import type { FreezeReason } from './self-health.ts'

/** What there is of peers when one is judged. */
export interface Population {
  /** Open sessions */
  readonly connected: number
  /** Open sessions that we dialled */
  readonly outbound: number
  /** Peers other than the judged one that answer; none of them, and the fault is ours */
  readonly useful: number
  /** Whether we dialled the judged peer */
  readonly isOutbound: boolean
}

/** Something that whoever runs the node should know. */
export type ScoreNotice =
  | { readonly type: 'frozen', readonly reason: FreezeReason, readonly rule: string }
  | { readonly type: 'rule-suspended', readonly rule: string }
  | { readonly type: 'floor-held', readonly peerId: PeerIdText }

/** Options of `PeerScoring`. */
export interface ScoringInit {
  readonly policy: ScoringPolicy
  /** What a host is, for ladders that count hosts */
  readonly host: AddressGrouping
  /** Asked at each observation */
  readonly population: (peerId: PeerIdText) => Population
  /** Peers that lose their session for a proven fault and nothing else. @default nobody */
  readonly exempt?: (peerId: PeerIdText, address: NetAddress) => boolean
  /** Called synchronously; must not throw */
  readonly onNotice?: (notice: ScoreNotice) => void
}
