// Runs the tests of this folder with the project's own runner; the last line is the count.
import { spawnSync } from 'node:child_process'

process.exitCode = spawnSync(process.execPath, ['tools/test.mjs', 'test/interop/bcoin/bcoin.interop.ts'], { stdio: 'inherit' }).status ?? 1
