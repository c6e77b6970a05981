import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { ProfilePatch } from '@peerwright/chain-spec'
import { openChainStore } from '@peerwright/chain-store'
import { OperationError, toHex } from '@peerwright/core'
import { type DnsServerOptions, startDnsServer } from '@peerwright/discovery/dns-server'
import { createNode } from '@peerwright/node'
import type { SyncProgress } from '@peerwright/sync'
import { chainParamsOf, profileOf } from '../chain-params.ts'
import { megabytes, type Output } from '../output.ts'
import { mineChainFile } from './chain-file.ts'
import { type DemoAddresses, demoAddresses, freePort } from './loopback.ts'
import { demoProfile } from './seed-setting.ts'
import { ORIGIN, SeedProcess, zoneOf } from './seeds.ts'

/** What the demonstration is to do. */
export interface DemoOptions {
  /** A preset or a chain spec with Bitcoin's headers */
  readonly spec: string
  /** A block file for the seeds; absent: they serve a mined chain */
  readonly importFile: string | undefined
  /** Blocks to mine */
  readonly blocks: number
  /** Seed nodes */
  readonly peers: number
  /** Whether the data of the fresh node is kept */
  readonly keep: boolean
}

/** What came of it. */
export interface DemoResult {
  readonly ok: true
  readonly height: number
  readonly tip: string
  /** Peers that delivered a block */
  readonly peers: number
  readonly seconds: number
  readonly headersPerSecond: number
  readonly blocksPerSecond: number
  /** Block bytes */
  readonly bytes: number
}

/** How often progress is drawn, in milliseconds. */
const DRAW_MS = 200

/** The demonstration is over, one way or another, after this long, in milliseconds. */
const TIME_LIMIT_MS = 600_000

/** Everything that was started, in the order in which it is to be ended. */
type Cleanup = Array<() => Promise<void>>

/**
 * The main job before one's eyes: a DNS server, seed nodes in processes of their own, and a fresh node that is told nothing
 * but their names and ends at their tip. All on loopback; nothing is left behind.
 *
 * @throws UsageError, SpecError, OperationError
 */
export async function demo (options: DemoOptions, output: Output, signal: AbortSignal): Promise<DemoResult> {
  const cleanup: Cleanup = []
  try {
    return await run(options, output, AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]), cleanup)
  } finally {
    for (const step of cleanup.reverse()) {
      await step()
    }
  }
}

async function run (options: DemoOptions, output: Output, signal: AbortSignal, cleanup: Cleanup): Promise<DemoResult> {
  const params = await chainParamsOf(await profileOf(options.spec))
  const folder = await mkdtemp(join(tmpdir(), 'peerwright-demo-'))
  cleanup.push(async () => {
    if (options.keep) {
      output.say(`The fresh node's data is in ${folder}`)
    } else {
      await rm(folder, { recursive: true, force: true })
    }
  })

  const blocks = options.importFile ?? join(folder, 'bootstrap.dat')
  if (options.importFile === undefined) {
    await mineChainFile(blocks, params.magic, params.genesisHeader, options.blocks, mined => {
      output.progress(`mining   ${mined} of ${options.blocks} blocks`, performance.now())
    }, signal)
    output.say(`Mined a chain of ${options.blocks} blocks.`)
  }

  const addresses = await demoAddresses(options.peers, process.pid)
  const { patch, dns, ports, port } = await network(addresses, options)
  const server = await startDnsServer(dns)
  cleanup.push(async () => { await server.close() })
  output.say(`A DNS server on ${dns.ip}:${dns.port} knows ${options.peers} seed names below ${ORIGIN}.`)
  if (!addresses.distinct) {
    output.say('Only 127.0.0.1 is local on this machine: the seeds are found by SRV and TXT records with ports.')
  }

  const seeds = addresses.seeds.map((ip, at) => new SeedProcess({
    spec: options.spec,
    patch: { ...patch, policy: { ...patch.policy, defaultPort: ports[at] ?? port } },
    genesisHeader: toHex(params.genesisHeader),
    blocks,
    ip
  }))
  cleanup.push(async () => { await Promise.all(seeds.map(async seed => { await seed.stop() })) })
  const ready = await aborted(Promise.all(seeds.map(async seed => await seed.ready)), signal)
  const target = ready[0]
  output.say(`${options.peers} seed nodes, each a process of its own, serve it to height ${target?.height ?? 0}.`)

  const profile = await demoProfile(options.spec, patch, { ip: addresses.node, port })
  const chain = await openChainStore({ location: join(folder, 'node'), params })
  cleanup.push(async () => { await chain.close() })
  const node = await createNode({ spec: profile, chain, ...(addresses.distinct ? { dialFrom: addresses.node } : {}) })
  const startedMs = performance.now()
  let headersMs: number | undefined
  const draw = setInterval(() => { output.progress(progressLine(node.sync.progress(), performance.now() - startedMs), performance.now()) }, DRAW_MS)
  cleanup.push(async () => {
    clearInterval(draw)
    await node.stop()
  })
  const unobserve = node.sync.observe({
    phase: (phase, progress) => {
      headersMs ??= phase === 'blocks' || phase === 'maintenance' ? performance.now() : undefined
      output.say(`phase    ${phase}: ${progress.headerHeight} headers, ${progress.height} blocks`)
    }
  })
  output.say('A fresh node starts. It is told the seed names and nothing else.')
  await node.start()
  await aborted(reached(node.sync, chain, target?.tip ?? '', signal), signal)
  clearInterval(draw)
  unobserve()
  return resultOf(node.sync.progress(), chain.tip(), (performance.now() - startedMs) / 1_000, ((headersMs ?? performance.now()) - startedMs) / 1_000)
}

interface DemoNetwork {
  readonly patch: ProfilePatch
  readonly dns: DnsServerOptions
  readonly ports: readonly number[]
  /** Of the fresh node */
  readonly port: number
}

/** Ports, zone, and what the demonstration changes of the network's profile: everything stays on this machine. */
async function network (addresses: DemoAddresses, options: DemoOptions): Promise<DemoNetwork> {
  const port = await freePort([addresses.node, ...(addresses.distinct ? addresses.seeds : [])])
  const taken = new Set([port])
  const ports: number[] = []
  for (const ip of addresses.seeds) {
    const own = addresses.distinct ? port : await freePort([ip], taken)
    taken.add(own)
    ports.push(own)
  }
  const dnsPort = await freePort([addresses.dns], taken)
  const { records, seeds } = zoneOf(addresses, ports)
  return {
    port,
    ports,
    dns: { ip: addresses.dns, port: dnsPort, origin: ORIGIN, records },
    patch: {
      name: `${options.spec.slice(0, 40)} demonstration`,
      // Its chain is short: what a real network has of work it cannot have
      network: { minimumChainWork: 0n },
      policy: {
        addressScope: 'loopback',
        limitLoopback: false,
        udp: 'allowed',
        defaultPort: port,
        seeds,
        resolvers: [{ transport: 'udp', ip: addresses.dns, port: dnsPort }],
        bootstrap: [],
        slots: { minOutbound: Math.min(50, options.peers), maxOutbound: 50, maxInbound: 75 }
      }
    }
  }
}

/** Resolves when the fresh node stands where the seeds stand. */
async function reached (sync: { synced(signal: AbortSignal): Promise<unknown> }, chain: { tip(): { id: string }, observe(observer: { connected(): void }): () => void }, tip: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => {
    const look = (): void => {
      if (chain.tip().id === tip) {
        unsubscribe()
        resolve()
      }
    }
    const unsubscribe = chain.observe({ connected: look })
    look()
  })
  await sync.synced(signal)
}

async function aborted<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => {
    const timedOut = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
    reject(new OperationError(timedOut ? 'timeout' : 'interrupted', timedOut ? 'the demonstration took too long' : 'interrupted'))
  }
  if (signal.aborted) {
    abort()
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function progressLine (progress: SyncProgress, elapsedMs: number): string {
  const rate = megabytes(progress.bytes / Math.max(0.001, elapsedMs / 1_000))
  const share = progress.peers.map(peer => `${peer.peerId.slice(-6)} ${peer.blocks}`).join(', ')
  return `${progress.phase.padEnd(11)} headers ${progress.headerHeight}/${progress.targetHeight}  blocks ${progress.height}  ${megabytes(progress.bytes)}  ${rate}/s  peers ${progress.peers.length}${share === '' ? '' : ` (${share})`}`
}

function resultOf (progress: SyncProgress, tip: { id: string, height: number }, seconds: number, headerSeconds: number): DemoResult {
  const round = (value: number): number => Math.round(value * 1_000) / 1_000
  return {
    ok: true,
    height: tip.height,
    tip: tip.id,
    peers: progress.peers.length,
    seconds: round(seconds),
    headersPerSecond: round(progress.headers / Math.max(0.001, headerSeconds)),
    blocksPerSecond: round(progress.blocks / Math.max(0.001, seconds)),
    bytes: progress.bytes
  }
}

/** The result for a person who sees this for the first time. */
export function summary (result: DemoResult): string {
  return [
    `A node that knew nothing but DNS names stands at the tip: height ${result.height}, block ${result.tip}.`,
    `It found its peers by DNS, spoke with ${result.peers} of them over encrypted channels, fetched ${megabytes(result.bytes)} of blocks`,
    `in ${result.seconds} s (${Math.round(result.blocksPerSecond)} blocks/s), and checked the proof of work and Merkle root of every block.`
  ].join('\n')
}
