import type { Scenario } from '../scenario.ts'
import { allProtected, eviction, slotFlood } from './s15-eviction.ts'
import { bannedReturns, reconnectStorm, selfAndDuplicate, wrongNetwork } from './s23-storms.ts'
import { handshakes } from './s24-handshake.ts'

/** All scenarios, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [
  eviction, slotFlood, allProtected, selfAndDuplicate, reconnectStorm, handshakes, wrongNetwork, bannedReturns
]
