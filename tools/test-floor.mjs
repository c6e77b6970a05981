// Runs the suite on the oldest Node that the packages promise to support. It comes from a folder with a lock of its own: a
// second Node among the root's dependencies would take node_modules/.bin/node from the one that everything else runs on.
import { spawnSync } from 'node:child_process'

const folder = 'tools/floor'
const run = (command, args, options) => {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })

  if (error !== undefined || status !== 0) {
    console.error(error?.message ?? `${command} ended with ${status}`)
    process.exit(1)
  }
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`test:floor has a Node for Linux on x64 only; on this machine run \`node tools/test.mjs\` under Node 22.12 yourself.`)
  process.exit(1)
}

run('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error'])
run(`${folder}/node_modules/.bin/node`, ['tools/test.mjs', ...process.argv.slice(2)])
