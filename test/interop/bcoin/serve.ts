import { connect, createServer, type Server, type Socket } from 'node:net'
import type { ChainStore } from '@peerwright/chain-store'
import { IpAddress } from '@peerwright/core'
import {
  decodeEmpty, decodeFeeFilter, decodeGetHeaders, decodeInventory, decodeSendCompact, encodeAddresses, encodeHeaders, encodeInventory, INVENTORY_BLOCK,
  MAX_HEADERS, MAX_INVENTORY, sha256d
} from '@peerwright/protocol-messages'
import { ClassicPeer } from './peer.ts'

/** Most ids in the answer to getblocks (Bitcoin's protocol). */
const MAX_GETBLOCKS = 500

/** Dials a port of loopback. */
export async function dial (port: number): Promise<ClassicPeer> {
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return new ClassicPeer(socket)
}

/** Serves a chain in classic framing on a free port of loopback, for this test alone. */
export class ChainServer {
  /** Every command that came, from all peers */
  readonly commands = new Set<string>()
  readonly #chain: ChainStore
  readonly #server: Server
  readonly #peers: ClassicPeer[] = []
  readonly #errors: Error[] = []

  private constructor (chain: ChainStore) {
    this.#chain = chain
    this.#server = createServer(socket => {
      this.#serve(socket).catch((error: unknown) => { this.#errors.push(error as Error) })
    })
  }

  static async start (chain: ChainStore): Promise<ChainServer> {
    const server = new ChainServer(chain)
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port (): number {
    return (this.#server.address() as { port: number }).port
  }

  /** What went wrong while it served */
  get errors (): readonly Error[] {
    return this.#errors
  }

  async stop (): Promise<void> {
    this.#peers.forEach(peer => { peer.close() })
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #serve (socket: Socket): Promise<void> {
    const peer = new ClassicPeer(socket)
    this.#peers.push(peer)
    await peer.shakeHands(false, this.#chain.tip().height)
    let turn = Promise.resolve()
    peer.handle(({ command, payload }) => {
      this.commands.add(command)
      turn = turn.then(async () => { await this.#answer(peer, command, payload) }).catch((error: unknown) => { this.#errors.push(error as Error) })
    })
  }

  async #answer (peer: ClassicPeer, command: string, payload: Uint8Array): Promise<void> {
    switch (command) {
      case 'getblocks':
        peer.send('inv', encodeInventory(this.#after(payload, MAX_GETBLOCKS).map(header => ({ type: INVENTORY_BLOCK, id: sha256d(header) }))))
        break
      case 'getheaders':
        peer.send('headers', encodeHeaders(this.#after(payload, MAX_HEADERS)))
        break
      case 'getdata':
        await this.#give(peer, payload)
        break
      case 'getaddr':
        decodeEmpty(payload)
        peer.send('addr', encodeAddresses([{ timeSeconds: 1, services: 1n, ip: IpAddress.fromWords(0x0101_0101, 0x0101_0101, 0x0101_0101, 0x0101_0101), port: 8_333 }]))
        break
      case 'sendcmpct':
        decodeSendCompact(payload)
        break
      case 'feefilter':
        decodeFeeFilter(payload)
        break
      default:
        decodeEmpty(payload)
    }
  }

  #after (payload: Uint8Array, limit: number): Uint8Array[] {
    const { codec } = this.#chain
    const { locator, stop } = decodeGetHeaders(payload)
    return this.#chain.headersAfter(locator.map(codec.idFromBytes), stop === undefined ? undefined : codec.idFromBytes(stop), limit)
  }

  async #give (peer: ClassicPeer, payload: Uint8Array): Promise<void> {
    for (const { type, id } of decodeInventory(payload, MAX_INVENTORY)) {
      const block = await this.#chain.block(this.#chain.codec.idFromBytes(id))
      if (block instanceof Uint8Array) {
        peer.send('block', block)
      } else {
        peer.send('notfound', encodeInventory([{ type, id }]))
      }
    }
  }
}
