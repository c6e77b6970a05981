/** What is known of the encrypted channel under a session. */
export interface ChannelFacts {
  /** The multistream id of the encrypter, such as `/noise` */
  readonly protocol: string
  /** Key exchange, such as `X25519` */
  readonly kex: string
  /** Whether the key exchange withstands a quantum computer later */
  readonly pq: boolean
  /** Whether the peer has signed this very handshake with an ML-DSA key. Absent: it has not */
  readonly pqAuth?: boolean
  /** Whether that key has a certificate of the peer that is good, and no pin speaks against it. Absent: it has not */
  readonly peerCertified?: boolean
  /** What this channel alone has, the same on both sides: the handshake hash of Noise, 32 or 64 bytes. Absent where the encrypter tells none */
  readonly channelBinding?: Uint8Array
}
