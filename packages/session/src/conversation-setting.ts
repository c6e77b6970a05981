import type { Clock, NetAddress, Random } from '@peerwright/core'
import type { Admission, ConnectionClass, LiveHandler, RequestHandler, SlotPolicy } from '@peerwright/interface'
import type { Version } from '@peerwright/protocol-messages'
import type { YieldTurn } from './frame-stream.ts'
import type { HandshakeRules } from './handshake.ts'
import type { PingRules } from './ping.ts'

/** What all conversations of a node have in common. */
export interface ConversationSetting {
  readonly clock: Clock
  readonly random: Random
  readonly yieldTurn: YieldTurn
  readonly rules: HandshakeRules
  readonly ping: PingRules
  /** Time from connection to `verack`, in milliseconds */
  readonly handshakeTimeoutMs: number
  /** A session without a byte for this long ends, in milliseconds */
  readonly idleTimeoutMs: number
  /** Largest block of the network, in bytes */
  readonly maxBlockBytes: number
  readonly protocols: { readonly live: string, readonly bulk: string }
  /** Largest payload of a message type in bytes; undefined for unknown types */
  readonly payloadLimit: (type: number) => number | undefined
  /** Our own version */
  readonly version: (connectionClass: ConnectionClass, remote: NetAddress) => Version
  /** This node's encrypters, in its order */
  readonly encrypters: () => readonly string[]
  readonly handlers: {
    live(type: number): LiveHandler | undefined
    request(type: number): RequestHandler | undefined
  }
  readonly admission?: Admission
  readonly slots?: SlotPolicy
}
