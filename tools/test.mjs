// Runs mocha on the .ts sources, without a build: the "source" condition makes every workspace import land in src.
//
//   node tools/test.mjs [--nightly [--minutes N] [--seeds N]] [mocha options] [test files or folders]
//
// With --minutes the scenarios of the simulator go on with further seeds for so long, with --seeds until each had so many.
//
// It sets NODE_OPTIONS itself because scripts that set variables are written differently in each shell, and because
// processes that tests start must inherit it. Options are handed on to mocha in the form --name=value.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Random inputs per property in a nightly run; the tests read it from PEERWRIGHT_FUZZ_RUNS and have small defaults. */
const NIGHTLY_FUZZ_RUNS = 10_000
/** Bent messages per decoder in a nightly run, read from PEERWRIGHT_DECODER_RUNS. */
const NIGHTLY_DECODER_RUNS = 1_000_000
const NIGHTLY_TIMEOUT_MS = 600_000

const args = process.argv.slice(2)
const minutes = taken('--minutes')
const seeds = taken('--seeds')
const nightly = args.includes('--nightly')
const options = args.filter(arg => arg.startsWith('-') && arg !== '--nightly')
const files = args.filter(arg => !arg.startsWith('-'))

const nodeOptions = [process.env.NODE_OPTIONS, '--conditions=source']
const env = { ...process.env }

if (!process.features.typescript) {
  // The oldest Node that the packages support strips types only when it is asked to.
  nodeOptions.push('--experimental-strip-types', '--disable-warning=ExperimentalWarning')
}

if (minutes !== undefined) {
  env.PEERWRIGHT_MINUTES = minutes
}

if (seeds !== undefined) {
  env.PEERWRIGHT_SEEDS = seeds
}

if (nightly) {
  env.PEERWRIGHT_FUZZ_RUNS ??= String(NIGHTLY_FUZZ_RUNS)
  env.PEERWRIGHT_DECODER_RUNS ??= String(NIGHTLY_DECODER_RUNS)
  options.push(`--timeout=${NIGHTLY_TIMEOUT_MS}`)
}

env.NODE_OPTIONS = nodeOptions.filter(Boolean).join(' ')

if (files.length > 0) {
  // Mocha adds files named here to the "spec" of its configuration; whoever names files means only those.
  const { spec, ...config } = JSON.parse(readFileSync('.mocharc.json', 'utf8'))

  options.push('--no-config', '--extension=ts', ...Object.entries(config).map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`))
}

if (!options.some(option => option.startsWith('--reporter='))) {
  options.push('--reporter=tools/reporter.mjs')
}

const { status, signal, error } = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', ...options, ...files], { env, stdio: 'inherit' })

if (error !== undefined) {
  throw error
}

if (signal !== null) {
  console.error(`the tests were ended by ${signal}`)
}

process.exitCode = status ?? 1

/** Takes an option and its value out of the arguments, be it written --name=value or --name value. */
function taken (name) {
  const at = args.findIndex(arg => arg === name || arg.startsWith(`${name}=`))

  if (at < 0) {
    return undefined
  }

  const [option] = args.splice(at, 1)
  const text = option === name ? args.splice(at, 1)[0] : option.slice(name.length + 1)

  if (!(Number(text) > 0)) {
    throw new Error(`${name} is a number above 0`)
  }

  return text
}
