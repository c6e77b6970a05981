/** One side of `bench/messages.ts`, in a process of its own: `receive` counts small live messages in a handler, `send` sends them without a pause. */
import process from 'node:process'
import { completeProfile, extendProfile, type NetworkProfile, presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { NetAddress } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { encodeInventory, messageType } from '@peerwright/protocol-messages'

/** What the receiver counted. */
export interface MessagesTold {
  readonly handled: number
  readonly throttled: number
  readonly cpuMs: number
  readonly atMs: number
}

/**
 * So wide that each message is charged and none refused: what is measured is the way of one that is let through. A profile may not say so
 * much, hence it is put in behind the profile's own checks.
 */
const WIDE = { live: { messages: 10_000_000, bytes: 1_073_741_824, windowMs: 1_000 }, generic: { perSecond: 1_000_000_000, burstSeconds: 4 } }

/** Messages of one turn: a few KiB, so that they travel together */
const TURN_MESSAGES = 256

const [role = 'receive', port = '0'] = process.argv.slice(2)
const INV = messageType('inv')
const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })

const ownPort = Number(port) + (role === 'send' ? 1 : 0)
const spec = completeProfile(
  extendProfile(presets.quantumcoin, { policy: { addressScope: 'loopback', seeds: [], listen: [{ ip: '127.0.0.1', port: ownPort }] } }), { genesis: chain.genesis }
)
const { admission } = spec.policy
const wide: NetworkProfile = { ...spec, policy: { ...spec.policy, admission: { ...admission, budgets: { ...admission.budgets, ...WIDE } } } }
const node = await createNode({ spec: wide, chain })
await node.start()

if (role === 'receive') {
  let handled = 0
  node.network.handle({ owner: 'relay', live: { [INV]: () => { handled++ } } })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const answer: MessagesTold = {
      handled,
      throttled: Object.values(node.admission.counters().throttled).reduce((sum, count) => sum + count, 0),
      cpuMs: (user + system) / 1_000,
      atMs: performance.now()
    }
    process.send?.(answer)
  })
} else {
  const address = NetAddress.from('127.0.0.1', Number(port))
  const payload = encodeInventory([{ type: 1, id: new Uint8Array(32) }])
  const session = address && await node.network.connect({ address }, { class: 'full' })
  const turn = (): void => {
    // A stream that holds all it may takes no more until the next turn of the event loop
    for (let count = 0; count < TURN_MESSAGES && session?.send(INV, payload) === true; count++) {
      // Sent
    }
    setImmediate(turn)
  }
  turn()
}
process.once('disconnect', () => { process.exit(0) })
process.send?.('ready')
