/**
 * smoldot, a libp2p written in Rust by others, dials the listener of a Peerwright node: TCP, Noise, Yamux, identify, ping.
 *
 * Run: npm run interop:smoldot
 */
import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { createServer } from 'node:net'
import process from 'node:process'
import { clearTimeout, setTimeout } from 'node:timers'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { createNode } from '@peerwright/node'
import { chainSpec } from '@polkadot-api/known-chains/westend'
import { start } from 'smoldot'

const PING = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

const TIME_LIMIT_MS = 60_000

const limit = setTimeout(() => {
  console.error('not done in time')
  process.exit(1)
}, TIME_LIMIT_MS)

const port = await new Promise(resolve => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
  })
})
const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
const node = await createNode({
  spec: extendProfile(presets['bitcoin-regtest'], { policy: { addressScope: 'loopback', listen: [{ ip: '127.0.0.1', port }] } }), chain
})
const pinged = Promise.withResolvers()
await node.libp2p.handle(PING, stream => {
  stream.addEventListener('message', ({ data }) => {
    stream.send(data)
    pinged.resolve(data.byteLength)
  })
})
const connected = Promise.withResolvers()
node.libp2p.addEventListener('connection:open', ({ detail }) => { connected.resolve(detail) })
await node.start()

// A chain that smoldot knows, whose only boot node is ours: it has nobody else to dial
const spec = JSON.parse(chainSpec)
spec.bootNodes = [`/ip4/127.0.0.1/tcp/${port}/p2p/${node.network.localPeer}`]
spec.telemetryEndpoints = null
const client = start({ forbidWs: true, forbidNonLocalWs: true, forbidWss: true, forbidWebRtc: true, maxLogLevel: 2, logCallback: () => {} })
await client.addChain({ chainSpec: JSON.stringify(spec), disableJsonRpc: true })

let [passed, failed] = [0, 0]
async function check (title, what) {
  try {
    await what()
    passed++
    console.log(`ok ${title}`)
  } catch (error) {
    failed++
    console.log(`FAILED ${title}: ${String(error)}`)
  }
}

async function ping (connection) {
  const stream = await connection.newStream(PING)
  const answer = Promise.withResolvers()
  stream.addEventListener('message', ({ data }) => { answer.resolve(Uint8Array.from(data.subarray())) })
  stream.send(new Uint8Array(PING_BYTES).fill(7))
  const bytes = await answer.promise
  await stream.close()
  return bytes
}

// What it says is protobuf, in which texts lie as they are. smoldot sends its answer and the end of the stream in one go; when they
// arrive within one turn, libp2p's negotiation throws them away ("Cannot push data onto a stream that is closed"): so it is done here.
async function identify (connection) {
  const stream = await connection.muxer.createStream({})
  const over = Promise.withResolvers()
  let said = ''
  stream.addEventListener('message', ({ data }) => { said += Buffer.from(data.subarray()).toString('latin1') })
  stream.addEventListener('remoteCloseWrite', () => { over.resolve() })
  stream.addEventListener('close', () => { over.resolve() })
  for (const line of ['/multistream/1.0.0\n', '/ipfs/id/1.0.0\n']) {
    stream.send(Buffer.concat([Buffer.of(line.length), Buffer.from(line)]))
  }
  await over.promise

  return said
}

const connection = await connected.promise
await check('it dials our listener, secured by Noise and multiplexed by Yamux', async () => {
  assert.equal(connection.direction, 'inbound')
  assert.equal(connection.encryption, '/noise')
  assert.equal(connection.multiplexer, '/yamux/1.0.0')
  await Promise.resolve()
})
await check('it says who it is', async () => {
  const said = await identify(connection)

  assert.match(said, /smoldot/)
  assert.ok(said.includes(PING), said)
})
await check('it answers our ping', async () => {
  assert.deepEqual(await ping(connection), new Uint8Array(PING_BYTES).fill(7))
})
await check('it gets an answer to its own', async () => {
  assert.equal(await pinged.promise, PING_BYTES)
})
await client.terminate()
await node.stop()
await chain.close()
clearTimeout(limit)
console.log(`${passed} passed, ${failed} failed`)
// smoldot leaves a timer of a minute behind
process.exit(failed === 0 ? 0 : 1)
