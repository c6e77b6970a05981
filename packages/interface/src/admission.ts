import type { NetAddress } from '@peerwright/core'
import type { PeerIdText, PeerSession } from './network.ts'

/** Whether something may go on; a refusal says why. `instead`: the connection from there has to be cut for it. */
export type Decision = { readonly allow: true, readonly instead?: NetAddress } | { readonly allow: false, readonly reason: string, readonly retryAfterSeconds?: number }

/** What is to become of a frame that a peer sent, decided before it is decoded. */
export type FrameDecision =
  /** To its handler */
  | 'handle'
  /** Counted and dropped; a request is answered `busy` */
  | 'throttle'
  /** The peer is over every bound: the session ends */
  | 'disconnect'

/** Who may come in, and how much they may ask. Synchronous, so that it runs inside libp2p's gater hooks and on virtual links alike. */
export interface Admission {
  /** A connection arrives, or one is about to be dialled; nothing is known but the address. */
  accept(address: NetAddress, direction: 'inbound' | 'outbound', nowMs: number): Decision
  /** The channel stands and the peer has proved its identity. */
  identified(peerId: PeerIdText, address: NetAddress, direction: 'inbound' | 'outbound', nowMs: number): Decision
  /** A frame of `sizeBytes` payload arrived. */
  frame(session: PeerSession, type: number, sizeBytes: number, nowMs: number): FrameDecision
  /** We asked a peer for so many messages of a type on the live stream: when they come they are not unsolicited. */
  expect?(session: PeerSession, type: number, count: number, nowMs: number): void
  /** How long a request that was throttled should wait, in seconds; without it nothing is said */
  retryAfter?(session: PeerSession, nowMs: number): number
  /** A connection that was accepted is gone. */
  closed(address: NetAddress, direction: 'inbound' | 'outbound', nowMs: number): void
}
