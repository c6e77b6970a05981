/** What is known of the encrypted channel under a session. */
export interface ChannelFacts {
  /** The multistream id of the encrypter, such as `/noise` */
  readonly protocol: string
  /** Key exchange, such as `X25519` or `X25519+MLKEM768` */
  readonly kex: string
  /** Whether the key exchange withstands a quantum computer later */
  readonly pq: boolean
  /** Whether the other side proved a post-quantum identity over this very channel */
  readonly pqAuth: boolean
  /** Whether that identity is certified: pinned, registered, or of the genesis */
  readonly peerCertified: boolean
  /** What both sides have in common with nobody else, 32 or 64 bytes: what is signed over them is signed for this channel. Absent where the encrypter has none */
  readonly channelBinding?: Uint8Array
}
