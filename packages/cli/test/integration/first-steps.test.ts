import assert from 'node:assert/strict'
import { spawnSync, type StdioOptions } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needs } from '@peerwright/testing'

const PROGRAM = fileURLToPath(new URL('../support/run.ts', import.meta.url))

/** The largest file of a run whose disk is full, in the unit of `ulimit -f`: 512 bytes, or 1 KiB in some shells. */
const FILE_LIMIT = 400

let folder = ''

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command from its sources, with a shell's words before it where they are given. */
function peerwright (args: readonly string[], { stdio = 'pipe', before }: { stdio?: StdioOptions, before?: string } = {}): Ended {
  const words = [process.execPath, ...process.execArgv, '--conditions=source', PROGRAM, ...args]
  const [program = '', ...rest] = before === undefined ? words : ['sh', '-c', `${before}; exec "$@"`, 'sh', ...words]
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', stdio, timeout: 60_000, env: { ...process.env, TMPDIR: folder } })
  return { status, stdout, stderr }
}

describe('peerwright, at the first try', function () {
  this.timeout(60_000)
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-cli-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('helps in the words that are tried first', () => {
    assert.match(peerwright(['help']).stdout, /^peerwright 0\.1\.0[^]*Commands:/)
    assert.equal(peerwright(['help', 'demo']).stdout, peerwright(['demo', '--help']).stdout)
    assert.match(peerwright(['help', 'spec', 'check']).stdout, /^peerwright spec check FILE/)
    assert.equal(peerwright(['-v']).stderr + peerwright(['-v']).stdout, 'peerwright: no command is given\nTry "peerwright --help".\n')
    assert.match(peerwright(['spec']).stdout, /^peerwright: "spec" needs another word: "spec check"$/m)
    assert.match(peerwright(['store', 'mend']).stdout, /^peerwright: "store" needs another word: "store repair", "store reset"$/m)
  })

  it('takes --json before the command as well', () => {
    const { status, stdout } = peerwright(['--json', 'ports', '--spec', 'quantumpay'])
    assert.equal(status, 0)
    assert.equal((JSON.parse(stdout) as { network: string }).network, 'quantumpay')
  })

  it('names the presets where --spec is none, nor a file', () => {
    const { status, stdout } = peerwright(['ports', '--spec', 'quantumpie'])
    assert.equal(status, 2)
    assert.match(stdout, /"quantumpie" is no file, and none of the presets quantumpay, quantumcoin, qnet, nano, bitcoin-main, bitcoin-regtest/)
  })

  it('says why a file of blocks or of a genesis cannot be read', () => {
    const [data, nothing] = [join(folder, 'data'), join(folder, 'nothing')]
    assert.match(peerwright(['import', nothing, '--spec', 'bitcoin-regtest', '--data', data]).stdout, /nothing cannot be read: ENOENT/)
    assert.match(peerwright(['start', '--genesis', nothing, '--spec', 'bitcoin-regtest', '--data', data]).stdout, /--genesis: .*nothing cannot be read: ENOENT/)
  })

  it('says of a data folder that cannot be one what is wrong with it', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    for (const args of [['start'], ['import', file]]) {
      for (const data of [file, join(file, 'below')]) {
        const { status, stdout } = peerwright([...args, '--spec', 'bitcoin-regtest', '--data', data, '--json'])
        const { code, message } = JSON.parse(stdout) as { code: string, message: string }
        assert.deepEqual([status, code], [1, 'data-unusable'], stdout)
        assert.match(message, /cannot be a data folder: (EEXIST|ENOTDIR)/)
      }
    }
  })

  it('says in one line that its output cannot be written, exit code 1', function () {
    needs(this, existsSync('/dev/full'), 'no /dev/full')
    const full = openSync('/dev/full', 'w')
    for (const args of [['--help'], ['simulate']]) {
      const { status, stderr } = peerwright(args, { stdio: ['ignore', full, 'pipe'] })
      assert.deepEqual([status, stderr], [1, 'peerwright: standard output cannot be written: ENOSPC\n'], args.join(' '))
    }
    const unheard = peerwright(['demo', '--blocks', '3', '--peers', '1', '--json'], { stdio: ['ignore', 'pipe', full] })
    closeSync(full)
    assert.equal(unheard.status, 0)
    assert.equal((JSON.parse(unheard.stdout) as { height: number }).height, 3)
  })

  it('leaves no half identity behind on a full disk, and goes on once there is room', async function () {
    needs(this, process.platform !== 'win32', 'no limit of file sizes')
    const args = ['start', '--spec', 'bitcoin-regtest', '--data', join(folder, 'data'), '--listen', '192.0.2.1:1', '--json']
    const full = peerwright(args, { before: 'ulimit -f 0' })
    assert.match(full.stdout, /"code":"data-unusable".*identity\.key cannot be written: EFBIG/)
    assert.ok(!(await readdir(join(folder, 'data'))).includes('identity.key'))
    assert.match(peerwright(args).stdout, /"code":"address-not-available"/)
  })

  it('demo does not pass off a chain that was cut by a full disk as the whole one', async function () {
    needs(this, process.platform !== 'win32', 'no limit of file sizes')
    const { status, stdout } = peerwright(['demo', '--blocks', '60', '--json'], { before: `ulimit -f ${FILE_LIMIT}` })
    assert.equal(status, 1)
    assert.match(stdout, /EFBIG/)
    assert.deepEqual(await readdir(folder), [])
  })
})
