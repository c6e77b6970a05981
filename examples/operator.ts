/**
 * What an operator sees and does: who is connected, a ban with its reason, why somebody is kept out, and letting them in again.
 *
 * Run: npx --no-install node --conditions=source examples/operator.ts
 */
import { extendProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { NetAddress, OperationError } from '@peerwright/core'
import { createNode, type PeerwrightNode } from '@peerwright/node'

// Ports are chosen, never drawn: take others where these are in use
const base = Number(process.env['EXAMPLE_PORT'] ?? 17_021)

async function nodeOn (port: number): Promise<PeerwrightNode> {
  const spec = extendProfile(presets['bitcoin-regtest'], { policy: { addressScope: 'loopback', listen: [{ ip: '127.0.0.1', port }] } })
  const node = await createNode({ spec, chain: await openChainStore({ location: 'memory', params: BITCOIN_REGTEST }) })
  await node.start()
  return node
}

const [ours, theirs] = [await nodeOn(base), await nodeOn(base + 1)]
const address = NetAddress.from('127.0.0.1', base)
if (address === undefined) {
  throw new Error('no address')
}
const visitor = theirs.network.localPeer
const arrived = new Promise<void>(resolve => { ours.network.observe({ opened: () => { resolve() } }) })
const gone = new Promise<string>(resolve => { theirs.network.observe({ closed: (_, { code }) => { resolve(code) } }) })

// What happens is told as it happens
ours.observeAdmission(event => {
  if (event.type === 'refused' || event.type === 'unbanned') {
    console.info(event.type === 'refused' ? `refused: ${event.reason}` : 'let in again')
  }
})

await theirs.network.connect({ address }, { class: 'full' })
await arrived
const [peer] = ours.admission.list()
console.info(`connected: score ${peer?.score ?? ''}, quality ${peer?.quality.reliability ?? ''} of 1000 for reliability`)

ours.admission.ban(visitor, { reason: 'spam', durationMs: 3_600_000 })
console.info(`it heard: ${await gone}`)
console.info(`why: ${ours.admission.explain(visitor).ban?.reason ?? 'not banned'}`)

await theirs.network.connect({ address }, { class: 'full' }).catch((error: unknown) => {
  console.info(error instanceof OperationError ? 'it cannot come back' : error)
})
ours.admission.unban(visitor)
await theirs.network.connect({ address }, { class: 'full' })
console.info(`counters: ${JSON.stringify(ours.admission.counters().refused)}`)

// Every range and every autonomous system can be banned alike, and all of it is undone at once
ours.admission.ban('10.0.0.0/8')
ours.admission.clear()
console.info(`bans left: ${ours.admission.bans().length}`)

for (const node of [theirs, ours]) {
  await node.stop()
}
