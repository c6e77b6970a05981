// `npm run check`: everything that a change must pass, cheap checks first; goes on after a failure, so that one run tells all.
import { spawnSync } from 'node:child_process'

const steps = [
  ['check-node', 'node tools/check-node.mjs'],
  ['hosts', 'node tools/check-hosts.mjs'],
  ['sizes', 'node tools/check-sizes.mjs'],
  ['projects', 'node tools/check-projects.mjs'],
  ['build', 'npm run --silent build'],
  ['lint', 'npm run --silent lint'],
  ['deps', 'npm run --silent deps'],
  ['dead', 'npm run --silent dead'],
  ['test', 'npm run --silent test'],
  ['test:floor', 'npm run --silent test:floor'],
  ['docs:check', 'npm run --silent docs:check'],
  ['docs', 'npm run --silent docs'],
  ['publish:check', 'npm run --silent publish:check']
]

const results = []

for (const [name, command] of steps) {
  console.log(`\n== ${name}: ${command}`)

  const startedMs = performance.now()
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' })

  results.push({ name, passed: status === 0, seconds: (performance.now() - startedMs) / 1000 })

  // Without the right Node or a build, every later fault would be an echo of this one.
  if (status !== 0 && (name === 'check-node' || name === 'build')) {
    break
  }
}

console.log()

for (const { name, passed, seconds } of results) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`)
}

const failed = results.filter(({ passed }) => !passed)

console.log(failed.length === 0 ? 'all checks passed' : `failed: ${failed.map(({ name }) => name).join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
