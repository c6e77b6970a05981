import { createServer } from 'node:net'
import { OperationError } from '@peerwright/core'

/** Where the parts of a demonstration listen. */
export interface DemoAddresses {
  /** Of the DNS server */
  readonly dns: string
  /** Of the fresh node */
  readonly node: string
  /** Of the seed nodes, one each where 127/8 is local, else the same */
  readonly seeds: readonly string[]
  /** Whether each seed has an address of its own, so that an A record is enough to find it */
  readonly distinct: boolean
}

/** Tries to find a free port before giving up. */
const PORT_TRIES = 20

/**
 * Addresses that no other demonstration on this machine uses: 127.x.y.1 and up, with x and y from the process id. Where
 * only 127.0.0.1 is local (macOS), everything is there.
 */
export async function demoAddresses (seeds: number, pid: number): Promise<DemoAddresses> {
  const prefix = `127.${64 + ((pid >> 8) & 127)}.${pid & 255}`
  if (!await canBind(`${prefix}.1`)) {
    const ip = '127.0.0.1'
    return { dns: ip, node: ip, seeds: Array.from({ length: seeds }, () => ip), distinct: false }
  }
  return { dns: `${prefix}.1`, node: `${prefix}.254`, seeds: Array.from({ length: seeds }, (_, at) => `${prefix}.${at + 2}`), distinct: true }
}

async function canBind (ip: string): Promise<boolean> {
  return await listening(ip, 0) !== undefined
}

/**
 * A port that is free on all the given addresses now.
 *
 * @throws OperationError `no-free-port`
 */
export async function freePort (ips: readonly string[], taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let attempt = 0; attempt < PORT_TRIES; attempt++) {
    const port = await listening(ips[0] ?? '127.0.0.1', 0)
    if (port === undefined || taken.has(port)) {
      continue
    }
    const others = await Promise.all(ips.slice(1).map(async ip => await listening(ip, port)))
    if (others.every(found => found !== undefined)) {
      return port
    }
  }
  throw new OperationError('no-free-port', 'no port is free on the loopback addresses')
}

/** Listens for a moment; the port, or undefined when it cannot be had. */
async function listening (ip: string, port: number): Promise<number | undefined> {
  return await new Promise(resolve => {
    const server = createServer()
    server.on('error', () => { resolve(undefined) })
    server.listen(port, ip, () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : undefined) })
    })
  })
}
