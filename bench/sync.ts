/**
 * Sync against the raw stream it runs on: a node fetches blocks of 400-byte transactions from one and from four peers in other
 * processes, checks them and stores them; alternately the same bytes go over a bare libp2p stream and are thrown away. Prints
 * the ratio of the rates with its spread.
 *
 * Run: npm run bench:sync [-- --blocks 200 --rounds 3 --size 1000000]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { NetAddress } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { loopbackSpec, RAW_PROTOCOL } from './support/setting.ts'

const { values } = parseArgs({ options: { blocks: { type: 'string' }, rounds: { type: 'string' }, size: { type: 'string' } } })
const BLOCKS = Number(values.blocks ?? 200)
const ROUNDS = Number(values.rounds ?? 3)
const SIZE = Number(values.size ?? 1_000_000)
const BASE_PORT = 24_100

const PEER = fileURLToPath(new URL('./support/peer.ts', import.meta.url))

interface Peer {
  readonly child: ChildProcess
  readonly address: NetAddress
  readonly peerId: string
  readonly bytes: number
}

async function startPeer (port: number): Promise<Peer> {
  const child = fork(PEER, [String(port), String(BLOCKS), String(SIZE)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const { peerId, bytes } = await new Promise<{ peerId: string, bytes: number }>(resolve => {
    child.once('message', message => { resolve(message as { peerId: string, bytes: number }) })
  })
  const address = NetAddress.from('127.0.0.1', port)
  if (address === undefined) {
    throw new Error('no address')
  }
  return { child, address, peerId, bytes }
}

interface Measured {
  readonly megabytesPerSecond: number
  readonly cpuMsPerMegabyte: number
}

function measured (bytes: number, startMs: number, cpu: NodeJS.CpuUsage): Measured {
  const { user, system } = process.cpuUsage(cpu)
  return { megabytesPerSecond: bytes / 1_000 / (performance.now() - startMs), cpuMsPerMegabyte: (user + system) / 1_000 / (bytes / 1_000_000) }
}

/** Fetches and stores the whole chain. */
async function syncOnce (peers: readonly Peer[], port: number): Promise<Measured> {
  const location = await mkdtemp(join(tmpdir(), 'peerwright-bench-'))
  const chain = await openChainStore({ location, params: BITCOIN_REGTEST })
  const node = await createNode({ spec: loopbackSpec(port), chain, peers: peers.map(({ address, peerId }) => ({ address, peerId })) })
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  const memory: number[] = []
  const unsubscribe = chain.observe({
    connected: ({ height }) => {
      if (height === Math.ceil(BLOCKS / 4) || height === BLOCKS) {
        globalThis.gc?.()
        memory.push(process.memoryUsage().rss)
      }
    }
  })
  await node.start()
  await new Promise<void>(resolve => {
    const done = chain.observe({
      connected: ({ height }) => {
        if (height === BLOCKS) {
          done()
          resolve()
        }
      }
    })
  })
  const result = measured(peers[0]?.bytes ?? 0, startMs, cpu)
  unsubscribe()
  const [quarter = 0, end = 0] = memory
  console.log(`  RSS after gc: ${(quarter / 1e6).toFixed(0)} MB at 25 %, ${(end / 1e6).toFixed(0)} MB at 100 %`)
  await node.stop()
  await chain.close()
  await rm(location, { recursive: true, force: true })
  return result
}

/** The same bytes over a bare stream of the same libp2p, thrown away as they come. */
async function rawOnce (peer: Peer, port: number): Promise<Measured> {
  const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  const node = await createNode({ spec: loopbackSpec(port), chain })
  await node.libp2p.start()
  const stream = await node.libp2p.dialProtocol(multiaddr(`${peer.address.toMultiaddr()}/p2p/${peer.peerId}`), RAW_PROTOCOL)
  const cpu = process.cpuUsage()
  const startMs = performance.now()
  let received = 0
  await new Promise<void>(resolve => {
    stream.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received >= peer.bytes) {
        resolve()
      }
    })
    stream.send(Uint8Array.of(1))
  })
  const result = measured(received, startMs, cpu)
  await node.libp2p.stop()
  await chain.close()
  return result
}

const show = (name: string, { megabytesPerSecond, cpuMsPerMegabyte }: Measured): void => {
  console.log(`${name.padEnd(22)} ${megabytesPerSecond.toFixed(1).padStart(7)} MB/s  ${cpuMsPerMegabyte.toFixed(1).padStart(6)} ms of CPU per MB`)
}

const peers = await Promise.all([0, 1, 2, 3].map(async at => await startPeer(BASE_PORT + at)))
console.log(`${BLOCKS} blocks, ${((peers[0]?.bytes ?? 0) / 1e6).toFixed(1)} MB, ${ROUNDS} rounds`)
const ratios: Record<'one' | 'four', number[]> = { one: [], four: [] }
for (let round = 0; round < ROUNDS; round++) {
  const raw = await rawOnce(peers[0] as Peer, BASE_PORT + 10)
  show('raw stream', raw)
  const one = await syncOnce(peers.slice(0, 1), BASE_PORT + 10)
  show('sync from one peer', one)
  const four = await syncOnce(peers, BASE_PORT + 10)
  show('sync from four peers', four)
  ratios.one.push(one.megabytesPerSecond / raw.megabytesPerSecond)
  ratios.four.push(four.megabytesPerSecond / raw.megabytesPerSecond)
}
for (const [name, values] of Object.entries(ratios)) {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[sorted.length >> 1] ?? 0
  console.log(`sync from ${name} / raw stream: ${(100 * median).toFixed(1)} % (${(100 * (sorted[0] ?? 0)).toFixed(1)} to ${(100 * (sorted.at(-1) ?? 0)).toFixed(1)} %)`)
}
for (const { child } of peers) {
  child.send('stop')
}
