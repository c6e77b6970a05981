import type { Transport, Upgrader } from '@libp2p/interface'

/**
 * Bytes from which on a socket says that it is full, unless they have left already. Chosen: what Node has had since 22.0. It must be less
 * than the longest record with its length, of which a socket that is not full is known to hold nothing.
 */
export const SOCKET_BUFFER_BYTES = 65_536

/** Connections of which it is known who holds their bytes. */
const connections = new WeakSet<object>()

/**
 * Whether the connection is a socket's: what it was read belongs to whoever is handed it, and what was written is held by nobody any more
 * once it drains. A connection in memory hands on the very bytes that the other side sent.
 */
export function ofSocket (connection: object): boolean {
  return connections.has(connection)
}

/** The TCP transport, whose connections are known to be sockets' by the time their encrypter has them. */
export function notingSockets (transport: Transport): Transport {
  const dial = transport.dial.bind(transport)
  const createListener = transport.createListener.bind(transport)
  transport.dial = async (address, options) => await dial(address, { ...options, upgrader: noting(options.upgrader) })
  transport.createListener = options => createListener({ ...options, upgrader: noting(options.upgrader) })
  return transport
}

function noting (upgrader: Upgrader): Upgrader {
  return {
    upgradeInbound: async (connection, options) => {
      connections.add(connection)
      await upgrader.upgradeInbound(connection, options)
    },
    upgradeOutbound: async (connection, options) => {
      connections.add(connection)
      return await upgrader.upgradeOutbound(connection, options)
    },
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}
