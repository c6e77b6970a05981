/**
 * One side of a measured run, in a process of its own. As `listen` it throws away what it is sent, and tells its CPU time when asked;
 * as `dials` and `send` it measures and ends.
 */
import process from 'node:process'
import { multiaddr } from '@multiformats/multiaddr'
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

/** Dials or bytes before the clock runs: what has to be compiled is compiled. */
const WARM_DIALS = 30
const WARM_BYTES = 8_000_000

const tell = (message: unknown): void => { process.send?.(message) }

async function listen (kind: Kind): Promise<void> {
  const node = await nodeOf(kind, ['/ip4/127.0.0.1/tcp/0'])
  await node.handle(SINK_PROTOCOL, stream => {
    let bytes = 0
    stream.addEventListener('message', ({ data }) => { bytes += data.byteLength })
    stream.addEventListener('remoteCloseWrite', () => {
      stream.send(Buffer.from(String(bytes)))
      void stream.close()
    })
  })
  process.on('message', message => {
    if (message === 'cpu') {
      const { user, system } = process.cpuUsage()
      tell((user + system) / 1_000)
    } else {
      void node.stop()
      process.disconnect()
    }
  })
  tell(node.getMultiaddrs()[0]?.toString())
}

/** Runs `work` once to warm up and once to measure. */
async function measure (warm: () => Promise<void>, work: () => Promise<void>): Promise<NoiseMeasured> {
  await warm()
  tell('warm')
  await new Promise(resolve => { process.once('message', resolve) })
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  await work()
  const seconds = (performance.now() - startMs) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuMs: (user + system) / 1_000 }
}

async function dials ({ kind, address, count }: NoiseTask & { role: 'dials' }): Promise<NoiseMeasured> {
  const node = await nodeOf(kind, [])
  const dial = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await (await node.dial(multiaddr(address), { force: true })).close()
    }
  }
  const measured = await measure(async () => { await dial(WARM_DIALS) }, async () => { await dial(count) })
  await node.stop()
  return measured
}

async function send ({ kind, address, writeBytes, totalBytes }: NoiseTask & { role: 'send' }): Promise<NoiseMeasured> {
  const node = await nodeOf(kind, [])
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
  const measured = await measure(async () => { await sendAll(WARM_BYTES) }, async () => { await sendAll(totalBytes) })
  await node.stop()
  return measured
}

const task = JSON.parse(process.argv[2] ?? '') as NoiseTask
if (task.role === 'listen') {
  await listen(task.kind)
} else {
  tell(task.role === 'dials' ? await dials(task) : await send(task))
  process.disconnect()
}
