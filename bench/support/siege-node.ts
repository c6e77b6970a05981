/** The node of a siege, in a process of its own: QuantumCoin's limits, a chain to serve, and an account of every connection. */
import { subscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { ByteReader } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { spendingChain } from './spending-chain.ts'

/** What the node knows of its siege. */
export interface SiegeTold {
  /** Connections that the system accepted for this process */
  readonly accepts: number
  readonly accepted: number
  readonly refused: Readonly<Record<string, number>>
  /** Refusals of connections that were counted as accepted before */
  readonly later: number
  /** Connections that found no place in the queue of a listener, on this machine; undefined where the system does not say */
  readonly overflows: number | undefined
  readonly rssBytes: number
  /** What is in use of the JavaScript heap after a collection, and buffers outside of it; the rest of the resident set is room that V8 and the C library keep */
  readonly usedBytes: number
  readonly cpuMs: number
  readonly sessions: number
}

const [port = 0, blocks = 0, sizeBytes = 0] = process.argv.slice(2).map(Number)

/** The kernel's own count, of all listeners in this network namespace. */
function listenOverflows (): number | undefined {
  try {
    const [names = [], values = []] = readFileSync('/proc/net/netstat', 'utf8').split('\n').map(line => line.split(' '))
    const value = Number(values[names.indexOf('ListenOverflows')])
    return Number.isNaN(value) ? undefined : value
  } catch {
    return undefined
  }
}

/** What Node calls with each connection that the system accepted, before anybody is asked whether it is wanted. */
interface Listening {
  readonly server: { readonly _handle: { onconnection: (this: unknown, ...args: unknown[]) => void } }
}

let accepts = 0
subscribe('tracing:net.server.listen:asyncEnd', message => {
  const { server: { _handle: handle } } = message as Listening
  const { onconnection } = handle
  handle.onconnection = function (...args) {
    accepts++
    onconnection.apply(this, args)
  }
})

const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
for (const block of spendingChain({ blocks, sizeBytes, transactionBytes: 400 })) {
  await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
  await chain.acceptBlock(block)
}
const spec = extendProfile(presets.quantumcoin, { policy: { addressScope: 'loopback', seeds: [], listen: [{ ip: '127.0.0.1', port }] } })
const node = await createNode({ spec, chain })
let later = 0
node.observeAdmission(event => {
  if (event.type === 'refused' && event.peerId !== undefined) {
    later++
  }
})
await node.start()

process.on('message', () => {
  globalThis.gc?.()
  const { accepted, refused } = node.admission.counters()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  const answer: SiegeTold = {
    accepts,
    accepted,
    refused,
    later,
    overflows: listenOverflows(),
    rssBytes: rss,
    usedBytes: heapUsed + external,
    cpuMs: (user + system) / 1_000,
    sessions: node.network.sessions().length
  }
  process.send?.(answer)
})
process.once('disconnect', () => { process.exit(0) })
process.send?.('ready')
