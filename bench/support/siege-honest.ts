/** The honest peers of a siege, in a process of their own: each has a session, pings, and fetches blocks as sync does, over and over. */
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { NetAddress } from '@peerwright/core'
import type { PeerSession } from '@peerwright/interface'
import { createNode } from '@peerwright/node'
import { decodeHeaders, encodeGetHeaders, encodeInventory, messageType } from '@peerwright/protocol-messages'

/** What the honest peers got. */
export interface HonestTold {
  readonly blocks: number
  readonly seconds: number
  /** Requests that were answered busy */
  readonly busy: number
  /** Sessions that ended, and requests that failed */
  readonly dropped: number
  /** Slowest answer of 16 blocks, in milliseconds */
  readonly slowestMs: number
  /** Last round trip of a ping, the slowest of the peers, in milliseconds */
  readonly rttMs: number
}

const PEERS = 8
const BATCH = 16
/** A peer asks no sooner than this after it asked last, in milliseconds: what it wants is below what the core gives, so that there is an attack beside it. */
const TURN_MS = 60

const [port = 0, seconds = 0, ownPort = 0] = process.argv.slice(2).map(Number)
const address = NetAddress.from('127.0.0.1', port)
if (address === undefined) {
  throw new Error('no address')
}
const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
const told = { blocks: 0, busy: 0, dropped: 0, slowestMs: 0 }
const sessions: PeerSession[] = []
for (let at = 0; at < PEERS; at++) {
  const spec = extendProfile(presets.quantumcoin, {
    policy: { addressScope: 'loopback', seeds: [], listen: [{ ip: '127.0.0.1', port: ownPort + at }], timings: { pingIntervalMs: 5_000 } }
  })
  // Nobody asks for blocks but the loop below: sync wants headers only
  const { network, start } = await createNode({ spec, chain, mode: 'headers', dialFrom: `127.0.${1 + (at >> 1)}.${1 + at}` })
  await start()
  network.observe({ closed: (_, { code, fault }) => {
    told.dropped++
    console.error(`an honest session ended: ${code} ${fault?.message ?? ''}`)
  } })
  sessions.push(await network.connect({ address }, { class: 'full' }))
}

const ids: Uint8Array[] = []
await sessions[0]?.request(messageType('getheaders'), encodeGetHeaders({ protocolVersion: 70_015, locator: [] }), {
  maxBytes: 200_000, expectedBytes: 160_000, idleTimeoutMs: 10_000,
  onFrame: (type, payload) => {
    if (type === messageType('headers')) {
      ids.push(...decodeHeaders(payload, chain.codec).map(({ id }) => chain.codec.idToBytes(id)))
    }
  }
})

async function fetchAll (session: PeerSession, endMs: number): Promise<void> {
  for (let at = 0; performance.now() < endMs; at = (at + BATCH) % (ids.length - BATCH)) {
    const startMs = performance.now()
    try {
      const { end } = await session.request(messageType('getdata'), encodeInventory(ids.slice(at, at + BATCH).map(id => ({ type: 2, id }))), {
        maxBytes: 16_000_000, expectedBytes: BATCH * 4_000, idleTimeoutMs: 10_000, onFrame: type => { told.blocks += type === messageType('block') ? 1 : 0 }
      })
      told.busy += end === 'busy' ? 1 : 0
    } catch (error) {
      told.dropped++
      console.error(`an honest request failed: ${String(error)}`)
      return
    }
    told.slowestMs = Math.max(told.slowestMs, performance.now() - startMs)
    await delay(Math.max(0, TURN_MS - (performance.now() - startMs)))
  }
}

process.once('message', () => {
  const startMs = performance.now()
  void Promise.all(sessions.map(async session => { await fetchAll(session, startMs + seconds * 1_000) })).then(() => {
    const answer: HonestTold = { ...told, seconds: (performance.now() - startMs) / 1_000, rttMs: Math.max(...sessions.map(({ facts }) => facts.rttMs ?? Infinity)) }
    process.send?.(answer)
  })
})
process.once('disconnect', () => { process.exit(0) })
process.send?.('ready')
