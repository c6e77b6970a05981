// How many small blocks a second the driver moves when neither a link nor a disk holds it up: a network in memory without
// latency and a chain in memory that checks nothing.
//
//   node --conditions=source packages/sync/bench/driver.ts [blocks] [bytes] [peers]
import { type Clock, NetAddress } from '@peerwright/core'
import { createSync } from '@peerwright/sync'
import { branch, MemoryHub, TinyChain } from '@peerwright/testing'

const [blocks = 100_000, sizeBytes = 300, peers = 4] = process.argv.slice(2).map(Number)

/** What is due now happens now: the links of the hub cost nothing but promises. */
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule (delayMs, callback) {
    if (delayMs > 0) {
      const handle = setTimeout(callback, delayMs)
      return { cancel: () => { clearTimeout(handle) } }
    }
    let cancelled = false
    queueMicrotask(() => {
      if (!cancelled) {
        callback()
      }
    })
    return { cancel: () => { cancelled = true } }
  }
}

const hub = new MemoryHub({ clock, latencyMs: 0 })
const all = branch(blocks, { sizeBytes })
const node = (number: number, chain: TinyChain): { network: ReturnType<MemoryHub['node']>, sync: ReturnType<typeof createSync> } => {
  const network = hub.node({ address: NetAddress.from(`10.0.0.${number}`, 8333) as NetAddress, peerId: `peer-${number}` })
  const sync = createSync({ network, chain, clock })
  sync.start()
  return { network, sync }
}
const seeds = Array.from({ length: peers }, (_, at) => node(at + 2, new TinyChain(all)))
const chain = new TinyChain()
const fresh = node(1, chain)
const startMs = performance.now()
let headersMs = 0
fresh.sync.observe({ phase: phase => { headersMs ||= phase === 'blocks' ? performance.now() - startMs : 0 } })
await Promise.all(seeds.map(async ({ network }) => await fresh.network.connect({ address: network.address }, { class: 'full' })))
await fresh.sync.synced()
const seconds = (performance.now() - startMs) / 1_000
const blockSeconds = seconds - headersMs / 1_000
console.info(`${blocks} blocks of ${sizeBytes} bytes from ${peers} peers: headers ${Math.round(blocks / headersMs * 1_000)}/s, blocks ${Math.round(blocks / blockSeconds)}/s, height ${chain.tip().height}`)
console.info(fresh.sync.progress().peers.map(({ peerId, blocks: given }) => `${peerId} ${given}`).join(', '), `offered ${chain.offered.length}`)
for (const { sync } of [fresh, ...seeds]) {
  sync.stop()
}
