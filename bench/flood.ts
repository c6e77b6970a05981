/**
 * Bogus first messages against a node: so many a second, from networks of 127/8, each a whole and valid one of 1,216 bytes, answered by
 * nothing. Prints what of a core the node spends on them, and whether anybody else who dials meanwhile gets in. Honest dials come alone first.
 *
 * Run: npm run bench:flood [-- --rate 1000 --groups 200 --seconds 20]
 */
import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { loadPostQuantum } from '@peerwright/crypto'
import { MUXER_STREAM_OPTIONS, peerTcp, PQ_NOISE_ID, pqNoise } from '@peerwright/transport'
import { createLibp2p } from 'libp2p'
import { ask, told } from './support/pinned.ts'

const { values } = parseArgs({ options: { rate: { type: 'string' }, groups: { type: 'string' }, seconds: { type: 'string' } } })
const RATE = Number(values.rate ?? 1_000)
const GROUPS = Number(values.groups ?? 200)
const SECONDS = Number(values.seconds ?? 20)
const PORT = 24_300
const TURN_MS = 10
/** An honest dial every so many milliseconds */
const HONEST_MS = 200

interface Told {
  readonly cpuMs: number
  /** Connections that admission refused, and channels that did not come about */
  readonly turnedAway: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
}

const line = (text: string): Buffer => Buffer.from([text.length + 1, ...Buffer.from(`${text}\n`)])

const { kem } = await loadPostQuantum()
const first = Buffer.concat([Buffer.alloc(32, 9), kem.generate().publicKey])
const bogus = Buffer.concat([line('/multistream/1.0.0'), line(PQ_NOISE_ID), Uint8Array.of(first.length >> 8, first.length & 0xff), first])

let answered = 0
/** One stranger: says its piece and goes when it is answered, or when it is not. */
function strange (group: number): void {
  const socket = connect({ port: PORT, host: '127.0.0.1', localAddress: `127.${1 + (group >> 8)}.${group & 0xff}.1` })
  let bytes = 0
  socket.on('data', data => {
    bytes += data.length
    if (bytes > 1_000) {
      answered++
      socket.destroy()
    }
  })
  socket.on('error', () => {})
  socket.write(bogus)
  setTimeout(() => { socket.destroy() }, 500)
}

const node = fork(fileURLToPath(new URL('support/flooded-node.ts', import.meta.url)), [String(PORT)])
await told(node)
const honest = { dials: 0, failed: 0, slowestMs: 0 }
async function dialHonestly (at: number): Promise<void> {
  const dialler = await createLibp2p({
    transports: [peerTcp({ dialFrom: `127.200.${at % 250}.7` })], connectionEncrypters: [pqNoise()], streamMuxers: [yamux({ streamOptions: MUXER_STREAM_OPTIONS })]
  })
  const startMs = performance.now()
  honest.dials++
  try {
    await dialler.dial(multiaddr(`/ip4/127.0.0.1/tcp/${PORT}`))
    honest.slowestMs = Math.max(honest.slowestMs, performance.now() - startMs)
  } catch {
    honest.failed++
  }
  await dialler.stop()
}

/** What a node has refused, whoever refused it */
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0)

let sent = 0
/** So many bogus messages a second, and the honest dials, which are as many whatever else there is. */
async function run (rate: number, seconds: number): Promise<{ readonly percent: number, readonly after: Told }> {
  const before = await ask<Told>(node, 'tell')
  const startMs = performance.now()
  const dials: Array<Promise<void>> = []
  const sentBefore = sent
  for (let next = 0; performance.now() - startMs < seconds * 1_000;) {
    for (; sent - sentBefore < (performance.now() - startMs) / 1_000 * rate; sent++) {
      strange(sent % GROUPS)
    }
    if (performance.now() - startMs >= next) {
      next += HONEST_MS
      dials.push(dialHonestly(honest.dials))
    }
    await delay(TURN_MS)
  }
  await Promise.all(dials)
  const passedMs = performance.now() - startMs
  const after = await ask<Told>(node, 'tell')
  return { percent: (after.cpuMs - before.cpuMs) / passedMs * 100, after }
}

await dialHonestly(249)
const alone = await run(0, SECONDS / 2)
honest.slowestMs = 0
const { percent, after } = await run(RATE, SECONDS)
console.log(`${sent} bogus first messages in ${SECONDS} s from ${GROUPS} networks: ${answered} answered, refused when accepted ${sum(after.turnedAway)} ${JSON.stringify(after.turnedAway)}, later ${JSON.stringify(after.refused)}`)
console.log(`${percent.toFixed(1)} % of a core, ${(percent - alone.percent).toFixed(1)} % without what the honest dials alone cost; honest dials ${honest.dials}, failed ${honest.failed}, slowest during the flood ${honest.slowestMs.toFixed(0)} ms`)
node.send('stop')
