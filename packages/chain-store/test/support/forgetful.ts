/** A process that has a body checked in a thread, and ends without closing anything. Prints what was found. */
import { BodyChecker } from '../../src/body-checker.ts'

const checker = new BodyChecker(4_000_000, true)
console.log(await checker.check(new Uint8Array(100_000), {}))
