import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Answer, decode, encode } from 'dns-packet'
import { type RecordType, type Resolver } from '../../src/index.ts'
import { freePort, loopbackIp } from './loopback.ts'

/** What was asked, by which transport. */
export interface Asked {
  readonly id: number
  readonly name: string
  readonly type: RecordType
  readonly transport: 'udp' | 'tcp'
}

/** What a faulty server sends back: any number of byte strings, none for silence. */
export type Fault = (asked: Asked) => readonly Uint8Array[]

/** A DNS server that answers however it likes. */
export interface FaultyDnsServer {
  readonly udp: Resolver
  readonly tcp: Resolver
  readonly asked: readonly Asked[]
  /** Resolves when it has been asked so many times */
  askedTimes(count: number): Promise<void>
  /** Resolves when so many datagrams have left */
  sentTimes(count: number): Promise<void>
  close(): Promise<void>
}

/** Counts, and tells who waits. */
class Counter {
  #count = 0
  #waiting: Array<{ readonly count: number, readonly resolve: () => void }> = []

  add (): void {
    this.#count++
    this.#waiting.filter(({ count }) => count <= this.#count).forEach(({ resolve }) => { resolve() })
  }

  async reached (count: number): Promise<void> {
    if (this.#count < count) {
      await new Promise<void>(resolve => { this.#waiting.push({ count, resolve }) })
    }
  }
}

export async function startFaultyDnsServer (fault: Fault): Promise<FaultyDnsServer> {
  const ip = loopbackIp()
  const port = await freePort(ip)
  const asked: Asked[] = []
  const questions = new Counter()
  const datagrams = new Counter()
  const answer = (query: Uint8Array, transport: 'udp' | 'tcp'): readonly Uint8Array[] => {
    const { id = 0, questions: [question] = [] } = decode(Buffer.from(query))
    const one = { id, name: question!.name, type: question!.type as RecordType, transport }
    asked.push(one)
    questions.add()
    return fault(one)
  }
  const udp = createSocket('udp4')
  udp.on('message', (query, from) => {
    for (const bytes of answer(query, 'udp')) {
      udp.send(bytes, from.port, from.address, () => { datagrams.add() })
    }
  })
  udp.bind(port, ip)
  await once(udp, 'listening')
  const sockets = new Set<Socket>()
  const tcp = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const bytes of answer(chunk.subarray(2), 'tcp')) {
        socket.write(Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]))
      }
    })
  }).listen(port, ip)
  await once(tcp, 'listening')
  return {
    udp: { transport: 'udp', ip, port },
    tcp: { transport: 'tcp', ip, port },
    asked,
    askedTimes: async count => { await questions.reached(count) },
    sentTimes: async count => { await datagrams.reached(count) },
    close: async () => {
      sockets.forEach(socket => { socket.destroy() })
      udp.close()
      tcp.close()
      await Promise.all([once(udp, 'close'), once(tcp, 'close')])
    }
  }
}

/** A well-formed answer. */
export function reply ({ id, name, type }: Asked, answers: readonly Answer[], options: { readonly flags?: number, readonly additionals?: Answer[] } = {}): Uint8Array {
  return encode({
    type: 'response', id, flags: options.flags ?? 0, questions: [{ name, type, class: 'IN' }], answers: [...answers], additionals: options.additionals ?? []
  })
}

/** Bits of the header: truncated, and the answer codes. */
export const FLAGS = { truncated: 0x0200, servfail: 2, nxdomain: 3, refused: 5 } as const

/** An A record. */
export function a (name: string, data: string, ttl = 300): Answer {
  return { type: 'A', class: 'IN', name, ttl, data }
}

/** `count` A records: more than any seed has use for. They fit no packet together with their names, so the name is a pointer to the question. */
export function manyAddresses (asked: Asked, count: number): Uint8Array {
  const head = Buffer.from(reply(asked, []))
  head.writeUInt16BE(count, 6)
  const records = Array.from({ length: count }, (_, index) => Uint8Array.of(
    0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 11, 1 + (index >> 16), (index >> 8) & 0xff, index & 0xff
  ))
  return Buffer.concat([head, ...records])
}
