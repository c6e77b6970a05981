import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../examples/', import.meta.url))

/** What each example ends with; one that is not listed fails. */
const SAYS: Readonly<Record<string, RegExp>> = {
  'own-chain.ts': /the first line\nthe second line\nthe third line/,
  'session-alone.ts': /connected to \/example:1\/ over \/noise\nanswer: 3 2 1/,
  'identity-alone.ts': /registered: active\nproved with ml-dsa-65, \d+ bytes\nin another handshake: bad-proof\nwith another key: pin-mismatch/,
  'operator.ts': /connected: score 0, quality 550 .*\nit heard: banned\nwhy: spam\nrefused: banned\nit cannot come back\nlet in again\ncounters: \{"banned":1\}\nbans left: 0/,
  'custom-spec.ts': /consortium listens on 127\.0\.0\.1 port \d+\npolicy\.defaultPort must be/
}

describe('examples', function () {
  this.timeout(30_000)

  for (const [index, name] of readdirSync(FOLDER).filter(file => file.endsWith('.ts')).entries()) {
    it(`${name} does what it says`, async () => {
      const port = 30_000 + (process.pid % 4_000) * 8 + index * 2
      const child = spawn(process.execPath, [...process.execArgv, '--conditions=source', FOLDER + name], {
        env: { ...process.env, EXAMPLE_PORT: String(port) }, stdio: ['ignore', 'pipe', 'inherit']
      })
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
      const code = await new Promise(resolve => { child.once('close', resolve) })
      assert.equal(code, 0)
      assert.match(said, SAYS[name] ?? assert.fail(`nobody says what ${name} ends with`))
    })
  }
})
