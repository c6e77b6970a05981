import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

let last = 0

/** A loopback address that no other test of this process uses. */
export function loopbackIp (): string {
  last++
  return `127.${20 + process.pid % 200}.${last >> 8}.${1 + last % 250}`
}

/** A port of `ip` that nobody listens on. */
export async function freePort (ip: string): Promise<number> {
  const server = createServer().listen(0, ip)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
