/**
 * One side of a measured run, in a process of its own. As `listen` it throws away what it is sent, and tells its CPU time when asked;
 * as `dials` and `send` it does its work whenever it is told to, and tells what that took. It ends when its channel does.
 */
import process from 'node:process'
import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'
import { type Kind, nodeOf, SINK_PROTOCOL } from './noise-node.ts'

/** What a process is told. */
export type NoiseTask =
  | { readonly role: 'listen', readonly kind: Kind }
  | { readonly role: 'dials', readonly kind: Kind, readonly address: string, readonly count: number }
  | { readonly role: 'send', readonly kind: Kind, readonly address: string, readonly writeBytes: number, readonly totalBytes: number }

/** What a side found. */
export interface NoiseMeasured {
  readonly seconds: number
  readonly cpuMs: number
}

/** Dials or writes before the clock runs: what has to be compiled is compiled, on both sides. */
const WARM_DIALS = 400
const WARM_WRITES = 2_000

const tell = (message: unknown): void => { process.send?.(message) }

async function listen (node: Libp2p): Promise<void> {
  await node.handle(SINK_PROTOCOL, stream => {
    let bytes = 0
    stream.addEventListener('message', ({ data }) => { bytes += data.byteLength })
    stream.addEventListener('remoteCloseWrite', () => {
      stream.send(Buffer.from(String(bytes)))
      void stream.close()
    })
  })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    tell((user + system) / 1_000)
  })
  tell(node.getMultiaddrs()[0]?.toString())
}

/** Warms up, then does `work` as often as it is told to. */
async function measure (warm: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  const once = async (): Promise<void> => {
    const cpu = process.cpuUsage()
    const startMs = performance.now()
    await work()
    const seconds = (performance.now() - startMs) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    tell({ seconds, cpuMs: (user + system) / 1_000 } satisfies NoiseMeasured)
  }
  await warm()
  process.on('message', () => { void once() })
  tell('warm')
}

async function dials (node: Libp2p, { address, count }: NoiseTask & { role: 'dials' }): Promise<void> {
  const dial = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await (await node.dial(multiaddr(address), { force: true })).close()
    }
  }
  await measure(async () => { await dial(WARM_DIALS) }, async () => { await dial(count) })
}

async function send (node: Libp2p, { address, writeBytes, totalBytes }: NoiseTask & { role: 'send' }): Promise<void> {
  const chunk = Buffer.alloc(writeBytes, 7)
  const sendAll = async (total: number): Promise<void> => {
    const stream = await node.dialProtocol(multiaddr(address), SINK_PROTOCOL)
    const answered = new Promise<number>(resolve => { stream.addEventListener('message', ({ data }) => { resolve(Number(Buffer.from(data.subarray()).toString())) }) })
    for (let sent = 0; sent < total; sent += writeBytes) {
      if (!stream.send(chunk)) {
        // Not `onDrain`, which resolves at once from the second time on
        await new Promise(resolve => { stream.addEventListener('drain', resolve, { once: true }) })
      }
    }
    await stream.close()
    const received = await answered
    if (received < total) {
      throw new Error(`${received} of ${total} bytes arrived`)
    }
  }
  await measure(async () => { await sendAll(WARM_WRITES * writeBytes) }, async () => { await sendAll(totalBytes) })
}

const task = JSON.parse(process.argv[2] ?? '') as NoiseTask
const node = await nodeOf(task.kind, task.role === 'listen' ? ['/ip4/127.0.0.1/tcp/0'] : [])
process.once('disconnect', () => { void node.stop() })
if (task.role === 'listen') {
  await listen(node)
} else if (task.role === 'dials') {
  await dials(node, task)
} else {
  await send(node, task)
}
