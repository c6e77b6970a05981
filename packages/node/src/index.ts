/**
 * @packageDocumentation
 *
 * How the parts make a node: one factory, and nothing but composition.
 *
 * @example
 *
 * ```ts
 * import { presets } from '@peerwright/chain-spec'
 * import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
 * import { createNode } from '@peerwright/node'
 *
 * const chain = await openChainStore({ location: './data', params: BITCOIN_REGTEST })
 * const node = await createNode({ spec: presets['bitcoin-regtest'], chain })
 * node.sync.observe({ phase: phase => { console.info(phase) } })
 * await node.start()
 * await node.stop()
 * await chain.close()
 * ```
 */
export { createNode, type PeerwrightNode } from './create-node.ts'
export { connectionRoom, type ConnectionRoom, openFilesLimit } from './connection-room.ts'
export type { RefusedChannel } from './channels.ts'
export type { IdentityKeys, IdentityOptions, NodeIdentity } from './identity.ts'
export type { NodeOptions } from './options.ts'
export { acceptWithdrawal, type WithdrawalInit, type WithdrawalSetting, writeWithdrawal } from './withdrawal.ts'
export { type Firewall, FIREWALLS, renderFirewall } from './firewall.ts'
export { comparePorts, type HeldPort, heldPorts, heldText, type PortDifference } from './held-ports.ts'
export { claimText, portManifest, portsOf, type PortRules } from './port-manifest.ts'
