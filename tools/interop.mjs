// Tries ours against another implementation: `node tools/interop.mjs NAME` installs what test/interop/NAME locks, without running
// scripts of packages, and runs its tests. It is no workspace: nobody who installs Peerwright gets it. The last line is the count.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const folder = `test/interop/${process.argv[2]}`

const install = spawnSync('npm ci --ignore-scripts --no-audit --no-fund', { cwd: folder, shell: true, stdio: 'inherit' })

if (install.status === 0) {
  const tests = readdirSync(folder).filter(file => file.endsWith('.interop.ts')).map(file => `${folder}/${file}`)

  process.exitCode = spawnSync(process.execPath, ['tools/test.mjs', ...tests], { stdio: 'inherit' }).status ?? 1
} else {
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
