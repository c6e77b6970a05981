/** A port that a part of the node binds, for the manifest of ports. */
export interface PortClaim {
  /** Which part binds it, such as `p2p` */
  readonly owner: string
  readonly transport: 'tcp' | 'udp' | 'unix'
  /** IP address or socket path */
  readonly bind: string
  /** 1 to 65535; absent for Unix sockets */
  readonly port?: number
  /** Whether the port belongs to the core protocol of the network */
  readonly core: boolean
}
