/** A process that has bodies checked until a thread takes one, or only one body, and ends without closing anything. Prints what was found. */
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { BodyChecker } from '../../src/body-checker.ts'

const checker = new BodyChecker(4_000_000, true)
let checked: string | undefined | Promise<string | undefined>
do {
  await setImmediate()
  checked = checker.check(new Uint8Array(100_000), {})
} while (process.argv[2] !== 'once' && !(checked instanceof Promise))
console.log(await checked)
