/**
 * Why a session is ended, as told to the other side. The numbers on the wire are in `protocol-messages`.
 *
 * `shutdown`: the node stops. `too-many-peers`: no slot. `wrong-network`: another network. `obsolete`: protocol version too
 * low. `self`: connected to ourselves. `duplicate`: another connection to the same peer stays. `timeout`: an answer did not
 * come. `fault`: a rule was broken. `slow`: cannot keep up. `useless`: nothing to get. `low-work`: its chain has too little
 * work. `banned`: not welcome. `busy`: try later. `done`: what the connection was for is done.
 */
export type GoodbyeCode =
  'shutdown' | 'too-many-peers' | 'wrong-network' | 'obsolete' | 'self' | 'duplicate' | 'timeout' | 'fault' | 'slow' |
  'useless' | 'low-work' | 'banned' | 'busy' | 'done'

/** The last message of a session. */
export interface Goodbye {
  readonly code: GoodbyeCode
  /** The sender would rather not be dialled again for this long, in seconds */
  readonly retryAfterSeconds?: number
  /** For people: at most 128 bytes of UTF-8 */
  readonly text?: string
}
