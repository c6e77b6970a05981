import type { PeerId } from '@libp2p/interface'
import type { ChannelFacts } from '@peerwright/interface'

/** What a proof in a handshake payload is about: the side that sends the payload, and all that was said before it. */
export interface PayloadFacts {
  /** Whether the sender dialled */
  readonly initiator: boolean
  /** The handshake hash before the payload: covers the name, all keys sent so far, and both key exchanges */
  readonly transcript: Uint8Array
  /** The sender's identity key, in libp2p's protobuf */
  readonly identityKey: Uint8Array
  /** The sender's encrypters, in its order; none where it does not tell */
  readonly encrypters: readonly string[]
}

/** Further fields of the handshake payload, by numbers from 1802 to 1831, such as a post-quantum proof of identity. */
export interface PayloadExtensions {
  /** The fields that this side sends. All of them together must leave room in a payload of 24 KiB. */
  outgoing(facts: PayloadFacts): ReadonlyMap<number, Uint8Array> | Promise<ReadonlyMap<number, Uint8Array>>
  /**
   * Judges the fields of the other side, of which any may be missing. On the dialling side this comes before it shows who it is.
   *
   * @returns what they proved
   * @throws whatever ends the handshake
   */
  check(fields: ReadonlyMap<number, Uint8Array>, facts: PayloadFacts, peer: PeerId): Proved | Promise<Proved>
}

/** What extensions can prove. */
export type Proved = Pick<ChannelFacts, 'pqAuth' | 'peerCertified'>
