import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { needs } from '@peerwright/testing'

const CLI = 'packages/cli/bin/peerwright.mjs'
const GUARDED = '10.77.0.1'
const OUTSIDE = '10.77.0.2'
const P2P_PORT = 7_001
const OTHER_PORT = 9_999

/** How long a dropped attempt is waited for, in milliseconds: a second try of TCP's included. */
const DROPPED_MS = 1_500

/** Says `ready` when it listens. */
const LISTENER = `require('net').createServer(s => s.end()).listen(${OTHER_PORT}, '0.0.0.0', () => console.log('ready'))`

/** Ends with 0 when the connection stands. */
const PROBE = `const [host, port] = process.argv.slice(1); const s = require('net').connect(+port, host, () => process.exit(0));
s.on('error', () => process.exit(1)); setTimeout(() => process.exit(2), ${DROPPED_MS})`

describe('the firewall rules', function () {
  this.timeout(60_000)
  const [inside, outside] = [`pw-fw-${process.pid}-a`, `pw-fw-${process.pid}-b`]
  const children: ChildProcess[] = []
  let folder = ''

  const run = (command: string, args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
    assert.equal(status, 0, `${command} ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const reaches = (from: string, host: string, port: number): boolean =>
    spawnSync('ip', ['netns', 'exec', from, process.execPath, '-e', PROBE, host, String(port)]).status === 0

  /** Starts a program in a namespace; resolves with its first line of output that has `word` in it. */
  const start = async (where: string, args: readonly string[], word: string): Promise<string> => {
    const child = spawn('ip', ['netns', 'exec', where, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes(word)) {
        return line
      }
    }
    throw new Error(`${args.join(' ')} ended without saying ${word}`)
  }
  const node = async (where: string, word: string, ...more: string[]): Promise<string> => await start(where, [
    CLI, 'start', '--spec', join(folder, 'net.toml'), '--data', join(folder, where), '--json', ...more
  ], word)

  before(function () {
    needs(this, process.getuid?.() === 0, 'not root')
    needs(this, ['nft', 'ip'].every(tool => spawnSync(tool, ['-V']).status === 0), 'no nft or no ip: apt-get install nftables iproute2')
    folder = mkdtempSync(join(tmpdir(), 'peerwright-lab-'))
    // Headers that the command knows, at quantumpay's port
    writeFileSync(join(folder, 'net.toml'), `extends = "bitcoin-regtest"\n[policy]\naddressScope = "private"\nlisten = [{ ip = "0.0.0.0", port = ${P2P_PORT} }]\n`)
    run('ip', ['netns', 'add', inside])
    run('ip', ['netns', 'add', outside])
    run('ip', ['link', 'add', 'pw0', 'netns', inside, 'type', 'veth', 'peer', 'name', 'pw0', 'netns', outside])
    for (const [name, ip] of [[inside, GUARDED], [outside, OUTSIDE]] as const) {
      run('ip', ['-n', name, 'address', 'add', `${ip}/24`, 'dev', 'pw0'])
      run('ip', ['-n', name, 'link', 'set', 'pw0', 'up'])
      run('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
    }
  })

  after(async () => {
    await Promise.all(children.map(async child => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
    }))
    if (folder !== '') {
      for (const name of [inside, outside]) {
        spawnSync('ip', ['netns', 'delete', name])
      }
      rmSync(folder, { recursive: true })
    }
  })

  it('QP-13 - of nft, loaded into a namespace, drop what comes in at any other port, and let everything go out', async () => {
    await Promise.all([start(inside, ['-e', LISTENER], 'ready'), start(outside, ['-e', LISTENER], 'ready')])
    assert.equal(reaches(outside, GUARDED, OTHER_PORT), true, 'without rules the other port is reached')
    const rules = run(process.execPath, [CLI, 'ports', '--spec', 'quantumpay', '--firewall', 'nft'])
    run('ip', ['netns', 'exec', inside, 'nft', '-f', '-'], rules)
    // Loading them again changes nothing
    run('ip', ['netns', 'exec', inside, 'nft', '-f', '-'], rules)
    assert.equal(reaches(outside, GUARDED, OTHER_PORT), false)
    assert.equal(reaches(inside, OUTSIDE, OTHER_PORT), true)
  })

  it('QP-13 + of nft, loaded into a namespace, let peers in at the P2P port', async () => {
    await node(inside, '"started"')
    assert.match(await node(outside, '"connected"', '--connect', `${GUARDED}:${P2P_PORT}`), new RegExp(GUARDED))
  })
})
