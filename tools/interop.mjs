// Runs a peer that nobody here wrote against ours: `node tools/interop.mjs NAME` for `test/interop/NAME`, which is no workspace and
// has a lock of its own, so that nobody who only uses Peerwright installs it.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'

const [name = ''] = process.argv.slice(2)
const folder = `test/interop/${name}`

if (!/^[a-z]+$/.test(name) || !existsSync(`${folder}/package-lock.json`)) {
  console.error('usage: node tools/interop.mjs NAME, where NAME is a folder of test/interop')
  process.exit(2)
}

// npm writes this file last
const installed = `${folder}/node_modules/.package-lock.json`

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${folder}/package-lock.json`).mtimeMs) {
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })

  if (status !== 0) {
    console.error(`what ${folder} needs could not be installed`)
    console.log('0 passed, 1 failed')
    process.exit(1)
  }
}

const { status } = spawnSync(process.execPath, ['--conditions=source', `${folder}/run.mjs`], { stdio: 'inherit' })

process.exitCode = status ?? 1
