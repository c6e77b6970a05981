import type { Scenario } from '../scenario.ts'
import { handshakes } from './s24-handshake.ts'

/** All scenarios, in the order of their numbers. */
export const scenarios: readonly Scenario[] = [handshakes]
