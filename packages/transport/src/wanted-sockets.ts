import { BlockList, type SocketAddress } from 'node:net'
import type { Transport, Upgrader } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import { remoteIp } from './encrypter-options.ts'

/** Whether a socket from an IP address is wanted. */
export type Wanted = (ip: string) => boolean

/**
 * The list of addresses that Node asks before it makes anything of a socket, answered by a function. It has to be one of Node's own
 * kind, with a `check` that may be another: that of a list is all that a server calls.
 */
class Doorkeeper extends BlockList {
  readonly #wanted: Wanted

  constructor (wanted: Wanted) {
    super()
    this.#wanted = wanted
  }

  override check (address: SocketAddress | string): boolean {
    return !this.#wanted(typeof address === 'string' ? address : address.address)
  }
}

/** Whether Node's servers ask a list of addresses: since 22.13, in which lists learned to tell their own kind. */
const SERVERS_ASK = 'isBlockList' in BlockList

/** What a server is made with, so that unwanted sockets end right where they are accepted. */
export function doorOptions (wanted: Wanted, serversAsk: boolean = SERVERS_ASK): { readonly blockList?: BlockList } {
  return serversAsk ? { blockList: new Doorkeeper(wanted) } : {}
}

/** The transport, with the same question asked where Node's servers ask nothing: libp2p's connection is made by then, and goes no further. */
export function keepDoor (transport: Transport, wanted: Wanted, serversAsk: boolean = SERVERS_ASK): Transport {
  if (!serversAsk) {
    const createListener = transport.createListener.bind(transport)
    transport.createListener = options => createListener({ ...options, upgrader: askFirst(options.upgrader, wanted) })
  }
  return transport
}

function askFirst (upgrader: Upgrader, wanted: Wanted): Upgrader {
  const upgradeInbound: Upgrader['upgradeInbound'] = async (connection, options) => {
    const ip = remoteIp(connection)
    if (ip !== undefined && !wanted(ip)) {
      throw new OperationError('refused', 'the socket is not wanted')
    }
    await upgrader.upgradeInbound(connection, options)
  }
  return {
    upgradeInbound,
    upgradeOutbound: upgrader.upgradeOutbound.bind(upgrader),
    createInboundAbortSignal: signal => upgrader.createInboundAbortSignal(signal),
    getStreamMuxers: () => upgrader.getStreamMuxers(),
    getConnectionEncrypters: () => upgrader.getConnectionEncrypters()
  }
}
