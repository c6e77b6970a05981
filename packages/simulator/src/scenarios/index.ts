import type { Scenario } from '../scenario.ts'
import { allProtected, eviction, slotFlood } from './s15-eviction.ts'
import { connectionFlood } from './s21-flood.ts'
import { bannedReturns, reconnectStorm, selfAndDuplicate, wrongNetwork } from './s23-storms.ts'
import { handshakes } from './s24-handshake.ts'
import { oversized } from './s27-limits.ts'
import { garbageFrames } from './s28-garbage.ts'
import { ownPause, ownUplink } from './s29-self-harm.ts'
import { manyOffenders } from './s31-offenders.ts'
import { banOverRestart } from './s32-restart.ts'
import { slowReader } from './s34-slow-reader.ts'

/** All scenarios, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [
  eviction, slotFlood, allProtected, connectionFlood, selfAndDuplicate, reconnectStorm, handshakes, wrongNetwork, oversized, garbageFrames,
  ownPause, ownUplink, manyOffenders, banOverRestart, bannedReturns, slowReader
]
