import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { needs } from '@peerwright/testing'

const PROGRAM = fileURLToPath(new URL('../support/run.ts', import.meta.url))
const REAL_BLOCKS = fileURLToPath(new URL('../../../../../shared/data/bitcoin/mainnet-blocks-1-256.dat', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command from its sources; `onOutput` sees what it has said so far. */
async function peerwright (args: readonly string[], onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void, pid: number) => void): Promise<Ended> {
  const child = spawn(process.execPath, [...process.execArgv, '--conditions=source', PROGRAM, ...args], { env: { ...process.env, TMPDIR: folder } })
  let [stdout, stderr] = ['', '']
  let killed = false
  const kill = (signal: NodeJS.Signals): void => {
    // A second signal would end it at once, which is not what is tried here
    if (!killed) {
      killed = true
      child.kill(signal)
    }
  }
  const seen = (): void => { onOutput?.(stdout + stderr, kill, child.pid ?? 0) }
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    seen()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    seen()
  })
  const code = await new Promise<number | null>(resolve => { child.once('close', resolve) })
  return { code, stdout, stderr }
}

/** A port that nobody listens on now. */
async function freePort (): Promise<number> {
  return await new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
    })
  })
}

/** Where the command puts what is temporary; another one for each test. */
let folder = ''

/** What a run of S17 says of itself. */
async function simulated (seed: number): Promise<{ ok: boolean, digest: string }> {
  const { code, stdout } = await peerwright(['simulate', 's17', '--seed', String(seed), '--json'])
  assert.equal(code, 0)
  return JSON.parse(stdout) as { ok: boolean, digest: string }
}

describe('peerwright', function () {
  this.timeout(60_000)
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-cli-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('QC-01 QC-02 + demo: a fresh node syncs from seeds found by A, AAAA, SRV and TXT records, and leaves nothing behind', async () => {
    const { code, stdout } = await peerwright(['demo', '--blocks', '60', '--json'])
    const lines = stdout.trim().split('\n')
    assert.equal(lines.length, 1, stdout)
    const result = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.equal(code, 0)
    assert.deepEqual(Object.keys(result), ['ok', 'height', 'tip', 'peers', 'seconds', 'headersPerSecond', 'blocksPerSecond', 'bytes'])
    assert.deepEqual([result['ok'], result['height']], [true, 60])
    assert.deepEqual(await readdir(folder), [])
  })

  it('QC-28 + demo syncs Bitcoin\'s real blocks, with their real proof of work', async function () {
    needs(this, existsSync(REAL_BLOCKS), 'no real blocks: shared/data is not beside the repository')
    const { code, stdout } = await peerwright(['demo', '--spec', 'bitcoin-main', '--import', REAL_BLOCKS, '--json'])
    const { ok, height, tip } = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual([code, ok, height, tip], [0, true, 255, '00000000d0a75c861fabf9ff7b92022f60e4afeed9331fe5aa073d8e4706fe3c'])
  })

  it('import takes Bitcoin\'s real blocks into a data folder, once, and draws a bar', async function () {
    needs(this, existsSync(REAL_BLOCKS), 'no real blocks: shared/data is not beside the repository')
    const args = ['import', REAL_BLOCKS, '--spec', 'bitcoin-main', '--data', join(folder, 'data')]
    const first = await peerwright(args)
    assert.equal(first.code, 0)
    assert.match(first.stderr, /\[#*\.*\] +\d+ % /)
    assert.match(first.stdout, /took 255 .* height 255, 00000000d0a75c/)
    const again = await peerwright([...args, '--json'])
    const { found, taken, height } = JSON.parse(again.stdout) as Record<string, unknown>
    assert.deepEqual([found, taken, height], [255, 0, 255])
  })

  it('import says what is wrong with its file and leaves the store as it is', async () => {
    const file = join(folder, 'bootstrap.dat')
    await writeFile(file, 'no blocks')
    const { code, stdout } = await peerwright(['import', file, '--spec', 'bitcoin-main', '--data', join(folder, 'data'), '--json'])
    assert.equal(code, 1)
    assert.equal((JSON.parse(stdout) as { code: string }).code, 'import-failed')
  })

  it('QP-02 + ports prints the manifest of each preset, and of a running node says that it holds these ports and no others', async function () {
    needs(this, existsSync('/proc/self/net/tcp'), 'no /proc to read sockets from')
    for (const [preset, port] of [['quantumpay', 7001], ['quantumcoin', 8333], ['qnet', 9876], ['nano', 7075]] as const) {
      const { code, stdout } = await peerwright(['ports', '--spec', preset, '--json'])
      const { ports } = JSON.parse(stdout) as { ports: Array<{ port: number, core: boolean }> }
      assert.deepEqual([code, ports.map(claim => [claim.port, claim.core])], [0, [[port, true]]], preset)
    }
    const port = await freePort()
    const spec = join(folder, 'net.toml')
    await writeFile(spec, `extends = "bitcoin-regtest"\n[policy]\naddressScope = "loopback"\nlisten = [{ ip = "127.0.0.1", port = ${port} }]\n`)
    let compared: Ended | undefined
    const pids: number[] = []
    const started = await peerwright(['start', '--spec', spec, '--data', join(folder, 'data')], (text, kill, pid) => {
      if (text.includes('runs; stop it') && pids.length === 0) {
        pids.push(pid)
        void peerwright(['ports', '--spec', spec, '--pid', String(pid)]).then(ended => {
          compared = ended
          kill('SIGINT')
        })
      }
    })
    assert.equal(started.code, 0, started.stderr)
    assert.equal(compared?.code, 0, compared?.stdout)
    assert.match(compared?.stdout ?? '', /holds these and no others/)
  })

  it('QP-02 - ports says which claimed port a process does not hold, exit code 1', async function () {
    needs(this, existsSync('/proc/self/net/tcp'), 'no /proc to read sockets from')
    const { code, stdout } = await peerwright(['ports', '--spec', 'quantumpay', '--pid', String(process.pid), '--json'])
    const { code: why, message } = JSON.parse(stdout) as { code: string, message: string }
    assert.deepEqual([code, why], [1, 'ports-differ'])
    assert.match(message, /does not hold tcp 0\.0\.0\.0 port 7001 of p2p/)
  })

  it('doctor says which backends there are, and what a network makes of the machine', async () => {
    const { code, stdout } = await peerwright(['doctor', '--spec', 'quantumcoin', '--json'])
    const { findings } = JSON.parse(stdout) as { findings: Array<{ what: string, found: string }> }
    assert.equal(code, 0)
    const found = (name: string): string => findings.find(({ what }) => what === name)?.found ?? ''
    assert.match(found('ML-KEM-768'), /OpenSSL|WebAssembly|JavaScript/)
    assert.match(found('ML-DSA-65'), /OpenSSL|WebAssembly/)
    assert.match(found('connections'), /75 inbound and 50 outbound/)
    assert.match(found('channels'), /hybrid: sticky/)
  })

  it('simulate lists the scenarios, and plays one the same way for the same seed', async () => {
    const list = await peerwright(['simulate'])
    assert.equal(list.code, 0)
    assert.match(list.stdout, /^S24 {2}no version/m)
    const [first, again, other] = [await simulated(7), await simulated(7), await simulated(8)]
    assert.equal(first.ok, true)
    assert.deepEqual(first, again)
    assert.notEqual(first.digest, other.digest)
  })

  it('simulate refuses what is no scenario or no seed', async () => {
    assert.equal((await peerwright(['simulate', 'S99'])).code, 2)
    assert.equal((await peerwright(['simulate', 'S17', '--seed', 'x'])).code, 2)
  })

  it('QP-13 + ports prints firewall rules', async () => {
    for (const [kind, line] of [['nft', 'tcp dport 7001 accept'], ['iptables', '--dport 7001 -j ACCEPT'], ['ufw', 'ufw allow in proto tcp to 0.0.0.0/0 port 7001']] as const) {
      const { code, stdout } = await peerwright(['ports', '--spec', 'quantumpay', '--firewall', kind])
      assert.equal(code, 0)
      assert.ok(stdout.includes(line), stdout)
    }
    assert.equal((await peerwright(['ports', '--spec', 'quantumpay', '--firewall', 'pf'])).code, 2)
  })

  it('draws progress for people, and tells them what happened', async () => {
    const { code, stdout, stderr } = await peerwright(['demo', '--blocks', '20', '--peers', '2'])
    assert.equal(code, 0)
    assert.match(stdout, /stands at the tip: height 20/)
    for (const word of ['Mined', 'DNS server', 'seed nodes', 'phase    headers', 'phase    maintenance']) {
      assert.ok(stderr.includes(word), word)
    }
  })

  it('two demos at once do not disturb each other', async () => {
    const both = await Promise.all([peerwright(['demo', '--blocks', '30', '--json']), peerwright(['demo', '--blocks', '30', '--json'])])
    assert.deepEqual(both.map(({ code }) => code), [0, 0], both.map(({ stderr }) => stderr).join('\n'))
  })

  it('ends at once and in order when it is interrupted', async () => {
    const { code, stdout } = await peerwright(['demo', '--blocks', '300'], (text, kill) => {
      if (text.includes('seed nodes')) {
        kill('SIGINT')
      }
    })
    assert.equal(code, 130)
    assert.match(stdout, /interrupted/)
    assert.deepEqual(await readdir(folder), [])
  })

  it('says what is wrong with the command line, exit code 2', async () => {
    for (const args of [['dance'], ['demo', '--blocks', 'many'], ['demo', '--blocks', '0'], ['start'], ['spec', 'check'], ['demo', '--frobnicate'],
      ['start', '--spec', 'quantumpay', '--data', folder], ['start', '--spec', 'quantumcoin', '--data', folder],
      ['demo', '--spec', 'bitcoin-main'], ['store', 'repair', '--data', join(folder, 'nothing')]]) {
      const { code, stdout } = await peerwright([...args, '--json'])
      assert.equal(code, 2, args.join(' '))
      assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, false)
    }
  })

  it('helps', async () => {
    for (const args of [[], ['--help'], ['demo', '--help'], ['start', '-h'], ['--version']]) {
      const { code, stdout } = await peerwright(args)
      assert.equal(code, 0)
      assert.match(stdout, /peerwright|0\.1\.0/)
    }
  })

  it('QC-31 + spec check takes the chain spec of QuantumCoin as it stands', async () => {
    const file = join(folder, 'chain_spec.toml')
    await writeFile(file, '[network_protocol]\nmagic_bytes = [0x51, 0x54, 0x43, 0x4D]  # "QTCM"\nprotocol_version = 70015\ndefault_port = 8333\nmax_connections = 125\nconnection_timeout = 5\n')
    const { code, stdout } = await peerwright(['spec', 'check', file, '--json'])
    assert.equal(code, 0)
    assert.equal((JSON.parse(stdout) as { ok: boolean }).ok, true)
  })

  it('QC-31 - spec check names every fault with its place', async () => {
    const file = join(folder, 'chain_spec.toml')
    await writeFile(file, '[network_protocol]\nmagic_bytes = [1, 2, 3, 4, 5]\nprotocol_version = 70015\ndefault_port = 70000\nmax_connections = 125\nconnection_timeout = 5\ncolour = "red"\n')
    const { code, stdout } = await peerwright(['spec', 'check', file, '--json'])
    assert.equal(code, 2)
    const { issues } = JSON.parse(stdout) as { issues: Array<{ path: string }> }
    assert.deepEqual(issues.map(({ path }) => path).sort(), ['network_protocol.colour', 'network_protocol.default_port', 'network_protocol.magic_bytes'])
  })

  it('start runs a node until it is told to stop, keeps its identity for its owner alone, and its store can be mended and reset', async () => {
    const data = join(folder, 'data')
    const port = 20_000 + process.pid % 20_000
    const args = ['start', '--spec', 'bitcoin-regtest', '--data', data, '--listen', `127.0.0.1:${port}`, '--json']
    const runs = [0, 1].map(() => async () => await peerwright(args, (text, kill) => {
      if (text.includes('"event":"started"')) {
        kill('SIGTERM')
      }
    }))
    const ids: unknown[] = []
    for (const run of runs) {
      const { code, stdout } = await run()
      assert.equal(code, 0, stdout)
      const events = stdout.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
      assert.deepEqual([events.at(0)?.['event'], events.at(-1)?.['event']], ['started', 'stopped'])
      ids.push(events[0]?.['peerId'])
    }
    assert.equal(ids[0], ids[1])
    assert.equal((await stat(join(data, 'identity.key'))).mode & 0o777, 0o600)
    assert.equal((await peerwright(['store', 'repair', '--data', data])).code, 0)
    assert.equal((await peerwright(['store', 'reset', '--data', data])).code, 0)
  })
})
