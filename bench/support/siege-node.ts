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

let accepts = 0
subscribe('net.server.socket', () => { accepts++ })

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
  const answer: SiegeTold = {
    // Those above the listener's bound on sockets are closed before the channel tells of them
    accepts: accepts + (refused['too-many-sockets'] ?? 0),
    accepted,
    refused,
    later,
    overflows: listenOverflows(),
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1_000,
    sessions: node.network.sessions().length
  }
  process.send?.(answer)
})
process.once('disconnect', () => { process.exit(0) })
process.send?.('ready')
