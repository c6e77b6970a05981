/** What is known of the encrypted channel under a session. */
export interface ChannelFacts {
  /** The multistream id of the encrypter, such as `/noise` */
  readonly protocol: string
  /** Key exchange, such as `X25519` */
  readonly kex: string
  /** Whether the key exchange withstands a quantum computer later */
  readonly pq: boolean
}
