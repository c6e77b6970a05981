// `npm run rows`: runs the tests and tells, for every requirement and scenario, what its two halves came to.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTitle, toRows } from './rows-of-tests.mjs'

const help = `npm run rows -- [--json] [--only PREFIX] [--help]

Runs the tests and prints, per id of a requirement (QP-.., QC-.., QN-.., NA-..) or scenario (S01 to S44), what became of its
positive and its negative half: passed, failed, skipped, or none (JSON: null) when no test carries that half.
Several tests of one half count as the worst of them: failed, then skipped, then passed.

A test says what it covers in its own title, ids first, then the half (without one it is positive):
  it('QC-12 + accepts ...')   it('QC-12 - refuses ...')   it('QP-08 QC-28 + ...')   it('S15 ...')

  --json          one JSON object { id: { positive, negative } }; use npm run --silent to get nothing else
  --only PREFIX   only ids that start so (QC, QC-12, S); tests without such an id do not run
  --help          this text

Ends with 1 when a test failed or could not be run.`

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } }
})

if (values.help) {
  console.log(help)
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), 'peerwright-rows-'))
const output = join(folder, 'tests.json')
const only = values.only ?? ''
const grep = only === '' ? [] : [`--grep=\\b${only.replaceAll(/[^\w-]/g, '')}`]

// What tests print goes to stderr: stdout belongs to the rows.
const run = spawnSync(process.execPath, ['tools/test.mjs', '--reporter=tools/rows-reporter.mjs', `--reporter-option=output=${output}`, ...grep],
  { stdio: ['ignore', 2, 'inherit'] })

const result = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined

rmSync(folder, { recursive: true })

if (result === undefined) {
  console.error('the tests could not be run')
  process.exit(1)
}

const tests = result.tests.filter(test => readTitle(test.title).ids.some(id => id.startsWith(only)))
const rows = Object.fromEntries(Object.entries(toRows(tests)).filter(([id]) => id.startsWith(only)))

if (values.json) {
  console.log(JSON.stringify(rows, null, 2))
} else {
  for (const [id, { positive, negative }] of Object.entries(rows)) {
    console.log(`${id.padEnd(6)}  + ${(positive ?? 'none').padEnd(8)}  - ${negative ?? 'none'}`)
  }

  console.log(`${Object.keys(rows).length} rows`)
}

for (const { title, message } of result.errors) {
  console.error(`failed: ${title}: ${message.split('\n')[0]}`)
}

process.exitCode = run.status === 0 && result.errors.length === 0 ? 0 : 1
