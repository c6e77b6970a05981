/** The command as a program, run from its sources. */
import process from 'node:process'
import { run } from '../../src/main.ts'

await run(process.argv.slice(2))
