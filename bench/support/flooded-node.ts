/** A node that is flooded, in a process of its own: a listener as `createNode` makes it, limits held for loopback too. Tells its CPU time when asked. */
import process from 'node:process'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { createNode } from '@peerwright/node'

const port = Number(process.argv[2])
const spec = extendProfile(presets['bitcoin-regtest'], { policy: { addressScope: 'loopback', limitLoopback: true, listen: [{ ip: '127.0.0.1', port }] } })
const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
const node = await createNode({ spec, chain })
await node.start()
process.on('message', message => {
  if (message === 'stop') {
    void node.stop().then(async () => { await chain.close() }).then(() => { process.disconnect() })
    return
  }
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000, turnedAway: node.admission.counters().refused, refused: node.refusedChannels() })
})
process.send?.('ready')
