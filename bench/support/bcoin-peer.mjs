// A bcoin full node in memory, in a process of its own, for bench/bcoin.ts: it serves the chain that our peers serve, or fetches it.
// A checkpoint at the tip makes it do what we do: proof of work and Merkle roots are checked, scripts are not; it keeps the coins, too.
import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import process from 'node:process'
import { spendingChain } from './spending-chain.ts'

const FOLDER = new URL('../../test/interop/bcoin/', import.meta.url)

await import(new URL('plain-javascript.mjs', FOLDER).href)

const load = createRequire(FOLDER)
const Block = load('bcoin/lib/primitives/block')
const FullNode = load('bcoin/lib/node/fullnode')
const Network = load('bcoin/lib/protocol/network')

const { role, port, blocks, size, tip } = JSON.parse(process.argv[2])
const network = Network.get('regtest')

function checkpoint (hash) {
  network.lastCheckpoint = blocks
  network.checkpointMap = { [blocks]: hash }
  network.checkpoints = [{ hash, height: blocks }]
}

/** The blocks of bench/support/peer.ts. */
function* mined () {
  for (const bytes of spendingChain({ blocks, sizeBytes: size, transactionBytes: 400 })) {
    yield Block.fromRaw(Buffer.from(bytes))
  }
}

const all = role === 'serve' ? [...mined()] : []

checkpoint(tip ?? all.at(-1).hash('hex'))

const node = new FullNode({
  network: 'regtest',
  memory: true,
  workers: false,
  checkpoints: true,
  listen: role === 'serve',
  host: '127.0.0.1',
  publicHost: '127.0.0.1',
  publicPort: port,
  port,
  maxOutbound: 1,
  only: role === 'serve' ? [] : [`127.0.0.1:${port}`],
  apiKey: 'none'
})

// No control server, and no question to anybody outside of this machine
node.http.open = async () => {}
node.http.close = async () => {}

for (const discover of ['discoverGateway', 'discoverExternal', 'discoverSeeds']) {
  node.pool[discover] = async () => {}
}

if (role === 'serve') {
  node.pool.fillOutbound = () => {}
}

await node.open()

for (const block of all) {
  await node.chain.add(block)
}

if (role === 'serve') {
  await node.connect()
  process.send({ tip: network.checkpoints[0].hash, height: node.chain.height })
} else {
  const startMs = performance.now()
  const cpu = process.cpuUsage()

  let firstMs = 0

  node.chain.on('connect', entry => {
    firstMs ||= performance.now()
    if (entry.height === blocks) {
      const { user, system } = process.cpuUsage(cpu)
      const endMs = performance.now()

      process.send({ seconds: (endMs - startMs) / 1_000, blockSeconds: (endMs - firstMs) / 1_000, cpuMs: (user + system) / 1_000 })
    }
  })
  await node.connect()
  node.startSync()
}

process.on('message', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
