import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Somebody on the way between two nodes. */
export interface TcpProxy {
  readonly port: number
  /** Connections that came through */
  readonly count: () => number
  close(): Promise<void>
}

/** A TCP proxy on loopback that changes what the dialler sends; undefined from `change` cuts the connection. */
export async function proxyTo (port: number, change: (data: Buffer) => Buffer | undefined): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let count = 0
  const server: Server = createServer(dialler => {
    count++
    const listener = connect(port, '127.0.0.1')
    for (const [socket, other] of [[dialler, listener], [listener, dialler]] as const) {
      sockets.add(socket)
      socket.on('error', () => { other.destroy() })
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    dialler.on('data', data => {
      const changed = change(data)
      if (changed === undefined) {
        dialler.destroy()
      } else {
        listener.write(changed)
      }
    })
    listener.pipe(dialler)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    count: () => count,
    close: async () => {
      for (const socket of sockets) {
        socket.destroy()
      }
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
}

/** Replaces each of `names` by a name of the same length that nobody knows, wherever it stands in clear. */
export function strip (...names: readonly string[]): (data: Buffer) => Buffer {
  return data => Buffer.from(names.reduce((text, name) => text.replaceAll(`${name}\n`, `/${'x'.repeat(name.length - 1)}\n`), data.toString('latin1')), 'latin1')
}
