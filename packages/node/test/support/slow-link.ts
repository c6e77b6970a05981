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
    // One queue for all: timers of different lengths that end in the same millisecond fire in no certain order
    const travelling: Array<{ readonly chunk: Buffer, readonly arrivesMs: number }> = []
    const deliver = (): void => {
      const nowMs = performance.now()
      while (travelling[0] !== undefined && travelling[0].arrivesMs <= nowMs + 1) {
        const chunk = travelling.shift()?.chunk ?? Buffer.alloc(0)
        onBytes(chunk.length)
        to.write(chunk)
      }
      // A timer may fire a little early, counted from when the event loop last looked at the clock
      if (travelling[0] !== undefined) {
        setTimeout(deliver, Math.max(1, travelling[0].arrivesMs - nowMs))
      }
    }
    from.on('data', chunk => {
      const nowMs = performance.now()
      freeMs = Math.max(nowMs, freeMs) + chunk.length * 1_000 / bytesPerSecond
      queued += chunk.length
      if (queued > QUEUE_BYTES) {
        from.pause()
      }
      travelling.push({ chunk, arrivesMs: freeMs + delayMs })
      if (travelling.length === 1) {
        setTimeout(deliver, freeMs - nowMs + delayMs)
      }
      setTimeout(() => {
        queued -= chunk.length
        from.resume()
      }, freeMs - nowMs)
    })
    from.on('error', () => { from.destroy() })
    from.on('close', () => {
      this.#sockets.delete(from)
      setTimeout(() => { to.destroy() }, delayMs)
    })
  }
}
