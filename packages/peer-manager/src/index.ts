/**
 * @packageDocumentation
 *
 * Which peers are kept: slots, and who goes when all inbound ones are taken.
 *
 * @example
 *
 * ```ts
 * import { systemRandom } from '@peerwright/core'
 * import { InboundSlots } from '@peerwright/peer-manager'
 *
 * const slots = new InboundSlots({ maxInbound: 75, maxOutbound: 50, secret: systemRandom.bytes(32) })
 * console.info(slots)
 * ```
 */
export { type EvictionCandidate, selectPeerToEvict } from './eviction.ts'
export { InboundSlots, type SlotsInit } from './inbound-slots.ts'
