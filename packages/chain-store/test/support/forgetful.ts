/** A process that has two bodies checked in a thread, one after the other, and ends without closing anything. Prints what was found. */
import { BodyChecker } from '../../src/body-checker.ts'

const checker = new BodyChecker(4_000_000, true)
console.log(await checker.check(new Uint8Array(100_000), {}))
console.log(await checker.check(new Uint8Array(100_000), {}))
