import type { World, WorldOptions } from './world.ts'

/** A situation that the network must survive. */
export interface Scenario {
  /** Its number in the list of scenarios, such as `S24`, or a name */
  readonly id: string
  /** What happens and what is expected, in a line */
  readonly title: string
  /** Of the world that it plays in */
  readonly world?: Omit<WorldOptions, 'seed'>
  /** Plays it, and says what it found by `world.check`. What it throws is a failure, too */
  readonly play: (world: World) => Promise<void>
}
