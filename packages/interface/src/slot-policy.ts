import type { NetAddress } from '@peerwright/core'
import type { GoodbyeCode } from './goodbye.ts'
import type { ConnectionClass, PeerIdText } from './network.ts'
import type { PeerFacts } from './peer-facts.ts'

/** Who has a slot, or wants one. */
export interface SlotHolder {
  readonly peerId: PeerIdText
  readonly address: NetAddress
  readonly direction: 'inbound' | 'outbound'
  readonly class: ConnectionClass
}

/** Whether a newcomer gets a slot. */
export type SlotDecision =
  | { readonly action: 'admit' }
  /** It does, and this peer has to go */
  | { readonly action: 'evict', readonly peerId: PeerIdText, readonly retryAfterSeconds?: number }
  | { readonly action: 'refuse', readonly code: GoodbyeCode, readonly retryAfterSeconds?: number }

/** Which peers are kept. Synchronous, and asked before a byte of a conversation is read. */
export interface SlotPolicy {
  /** @param holders - all who have a slot now, those in their handshake included */
  decide(newcomer: SlotHolder, holders: ReadonlyArray<SlotHolder & { readonly facts: PeerFacts }>, nowMs: number): SlotDecision
}
