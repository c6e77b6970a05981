// One bcoin full node on the regression test chain, in memory, in a process of its own; it speaks with loopback only.
//
// Messages from the parent: { mine: blocks, spend: blocks } mines so many blocks, and as many behind them with transactions;
// the argument is a port to get the chain from. To the parent: { port } at the start, { tip, height, peers } whenever asked or new.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const FullNode = require('bcoin/lib/node/fullnode')
const Coin = require('bcoin/lib/primitives/coin')
const KeyRing = require('bcoin/lib/primitives/keyring')
const MTX = require('bcoin/lib/primitives/mtx')
const { createSocket } = require('btcp')

const [, , dialPort] = process.argv

const node = new FullNode({
  network: 'regtest',
  memory: true,
  workers: false,
  listen: true,
  host: '127.0.0.1',
  publicHost: '127.0.0.1',
  maxOutbound: 1,
  // Without a node to dial it would look for some
  only: [`127.0.0.1:${dialPort ?? 9}`],
  apiKey: 'none',
  createSocket: (port, host) => {
    if (host !== '127.0.0.1') {
      throw new Error(`bcoin dials ${host}`)
    }

    return createSocket(port, host)
  }
})

// No control server, and no question to anybody outside of this machine
node.http.open = async () => {}
node.http.close = async () => {}
for (const discover of ['discoverGateway', 'discoverExternal', 'discoverSeeds']) {
  node.pool[discover] = async () => {}
}

if (dialPort === undefined) {
  node.pool.fillOutbound = () => {}
}

// Whichever port is free; bcoin's options do not take 0
node.pool.options.port = 0

const ring = KeyRing.generate(node.network)
ring.witness = true
node.miner.addresses = [ring.getAddress()]

const say = more => process.send({ tip: node.chain.tip.rhash(), height: node.chain.height, ...more })

async function mineOne () {
  const job = await node.miner.createJob()
  const block = await job.mineAsync()

  await node.chain.add(block)

  return block
}

/** Spends the coins of an old block, with a witness. */
async function spend (block, outputs) {
  const [coinbase] = block.txs
  const spending = new MTX()

  spending.addCoin(Coin.fromTX(coinbase, 0, 1))
  for (let index = 0; index < outputs; index++) {
    // What is left over is the fee
    spending.addOutput(ring.getAddress(), Math.floor(coinbase.outputs[0].value / outputs) - 5_000)
  }
  spending.sign(ring)
  await node.mempool.addTX(spending.toTX())
}

async function mine (blocks, spending) {
  const made = []

  for (let height = 0; height < blocks; height++) {
    made.push(await mineOne())
  }

  for (let height = 0; height < spending; height++) {
    for (let index = 0; index < 3; index++) {
      await spend(made[3 * height + index], 1 + index)
    }
    await mineOne()
  }
}

node.pool.server.on('listening', () => say({ port: node.pool.server.address().port }))
node.on('error', error => say({ error: error.message }))
node.chain.on('connect', () => {
  if (dialPort !== undefined) {
    say({})
  }
})
process.on('message', async ({ mine: blocks, spend: spending, stop }) => {
  if (stop) {
    process.exit(0)
  }
  await mine(blocks, spending)
  say({ mined: true })
})
process.on('disconnect', () => process.exit(0))

await node.open()
await node.connect()

if (dialPort !== undefined) {
  node.startSync()
}
