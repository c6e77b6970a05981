/** One measured run in a process of its own, so that it owes nothing to those before it. Sends a `Measured` and ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { multiaddr } from '@multiformats/multiaddr'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { NetAddress } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { type Breakdown, startProfile } from './breakdown.ts'
import { loopbackSpec, RAW_PROTOCOL } from './setting.ts'

/** What a run is told. */
export interface FetchTask {
  readonly kind: 'raw' | 'sync'
  readonly port: number
  readonly peers: ReadonlyArray<{ readonly port: number, readonly peerId: string }>
  readonly blocks: number
  readonly bytes: number
  readonly profile: boolean
  /** Whether memory is looked at, which stops everything for a while */
  readonly memory: boolean
}

/** What a run found. */
export interface Measured {
  readonly seconds: number
  /** Until the last header was there */
  readonly headerSeconds: number
  /** From the first connected block to the last */
  readonly blockSeconds: number
  readonly cpuMs: number
  /** Resident memory after a garbage collection at a quarter of the blocks and at the end, in bytes */
  readonly rss: readonly [number, number]
  readonly breakdown?: Breakdown
}

async function sync ({ port, peers, blocks, profile, memory: looksAtMemory }: FetchTask): Promise<Measured> {
  const location = await mkdtemp(join(tmpdir(), 'peerwright-bench-'))
  const chain = await openChainStore({ location, params: BITCOIN_REGTEST })
  const node = await createNode({
    spec: loopbackSpec(port),
    chain,
    peers: peers.map(({ port: peerPort, peerId }) => ({ address: NetAddress.from('127.0.0.1', peerPort) as NetAddress, peerId }))
  })
  const memory: number[] = []
  /** What looking at memory took is not the node's time */
  let lookedMs = 0
  let headersMs = 0
  let firstMs = 0
  const stopProfile = profile ? await startProfile() : undefined
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  const done = new Promise<void>(resolve => {
    chain.observe({
      headers: ({ height }) => { headersMs = height === blocks ? performance.now() : headersMs },
      connected: ({ height }) => {
        firstMs ||= performance.now()
        if (looksAtMemory && (height === Math.ceil(blocks / 4) || height === blocks)) {
          const beforeMs = performance.now()
          globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
          memory.push(process.memoryUsage().rss)
          lookedMs += performance.now() - beforeMs
        }
        if (height === blocks) {
          resolve()
        }
      }
    })
  })
  await node.start()
  await done
  const endMs = performance.now()
  const { user, system } = process.cpuUsage(cpu)
  const breakdown = await stopProfile?.()
  await node.stop()
  await chain.close()
  await rm(location, { recursive: true, force: true })
  return {
    seconds: (endMs - startMs - lookedMs) / 1_000,
    headerSeconds: (headersMs - startMs) / 1_000,
    blockSeconds: (endMs - firstMs - lookedMs) / 1_000,
    cpuMs: (user + system) / 1_000,
    rss: [memory[0] ?? 0, memory[1] ?? 0],
    ...(breakdown === undefined ? {} : { breakdown })
  }
}

/** The same bytes over a bare stream of the same libp2p, thrown away as they come. */
async function raw ({ port, peers: [peer], bytes }: FetchTask): Promise<Measured> {
  const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  const node = await createNode({ spec: loopbackSpec(port), chain })
  await node.libp2p.start()
  const stream = await node.libp2p.dialProtocol(multiaddr(`/ip4/127.0.0.1/tcp/${peer?.port ?? 0}/p2p/${peer?.peerId ?? ''}`), RAW_PROTOCOL)
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  let received = 0
  await new Promise<void>(resolve => {
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received >= bytes) {
        resolve()
      }
    })
    stream.send(Uint8Array.of(1))
  })
  const seconds = (performance.now() - startMs) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  await node.libp2p.stop()
  await chain.close()
  return { seconds, headerSeconds: 0, blockSeconds: seconds, cpuMs: (user + system) / 1_000, rss: [0, 0] }
}

const task = JSON.parse(process.argv[2] ?? '{}') as FetchTask
process.send?.(await (task.kind === 'raw' ? raw(task) : sync(task)))
process.disconnect()
