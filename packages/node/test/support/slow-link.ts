import { connect, createServer, type Server, type Socket } from 'node:net'

/** What a link is like, the same in both directions. */
export interface LinkOptions {
  /** One way, in milliseconds */
  readonly delayMs: number
  /** Bytes per second; unlimited when absent */
  readonly bytesPerSecond?: number
}

/** Bytes that lie in the link's own queue before it takes no more: a router with a short buffer. */
const QUEUE_BYTES = 65_536

/** A TCP proxy that delays and slows what passes through it. */
export class SlowLink {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Bytes that went from the server to the client */
  bytesBack = 0

  private constructor (target: number, options: LinkOptions) {
    this.#server = createServer({ noDelay: true }, client => {
      const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
      this.#pass(client, server, options, () => {})
      this.#pass(server, client, options, bytes => { this.bytesBack += bytes })
    })
  }

  /** A link from `port` to `target`, both on 127.0.0.1. */
  static async open (port: number, target: number, options: LinkOptions): Promise<SlowLink> {
    const link = new SlowLink(target, options)
    await new Promise<void>((resolve, reject) => { link.#server.on('error', reject).listen(port, '127.0.0.1', resolve) })
    return link
  }

  async close (): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy()
    }
    await new Promise<void>(resolve => { this.#server.close(() => { resolve() }) })
  }

  #pass (from: Socket, to: Socket, { delayMs, bytesPerSecond = Infinity }: LinkOptions, onBytes: (bytes: number) => void): void {
    this.#sockets.add(from)
    let freeMs = 0
    let queued = 0
    from.on('data', chunk => {
      const nowMs = performance.now()
      freeMs = Math.max(nowMs, freeMs) + chunk.length * 1_000 / bytesPerSecond
      queued += chunk.length
      if (queued > QUEUE_BYTES) {
        from.pause()
      }
      // Off the queue when it has left, there when it has travelled
      setTimeout(() => {
        queued -= chunk.length
        from.resume()
      }, freeMs - nowMs)
      setTimeout(() => {
        onBytes(chunk.length)
        to.write(chunk)
      }, freeMs - nowMs + delayMs)
    })
    from.on('error', () => { from.destroy() })
    from.on('close', () => {
      this.#sockets.delete(from)
      setTimeout(() => { to.destroy() }, delayMs)
    })
  }
}
