import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { noise as stockNoise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { createSigner, createVerifier, decodePins, derivedSecret, encodePins, encodeWithdrawal, loadSuites, Pins, signWithdrawal } from '@peerwright/identity'
import { peerTcp } from '@peerwright/transport'
import { createLibp2p } from 'libp2p'

const PROGRAM = fileURLToPath(new URL('../support/run.ts', import.meta.url))

type Event = Readonly<Record<string, unknown>>

/** A command that runs, and the events it tells. */
class Running {
  readonly events: Event[] = []
  readonly #child
  readonly #told

  constructor (args: readonly string[]) {
    this.#child = spawn(process.execPath, [...process.execArgv, '--conditions=source', PROGRAM, ...args, '--json'])
    this.#told = createInterface(this.#child.stdout)
    this.#told.on('line', line => { this.events.push(JSON.parse(line) as Event) })
  }

  /** The first event of this name, once it has come; the test's own timeout is the limit. */
  async event (name: string): Promise<Event> {
    for (;;) {
      const found = this.events.find(({ event }) => event === name)
      if (found !== undefined) {
        return found
      }
      await once(this.#told, 'line')
    }
  }

  /** The exit code, after a signal where one is given. */
  async end (signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined && this.#child.exitCode === null) {
      this.#child.kill(signal)
    }
    if (this.#child.exitCode === null) {
      await once(this.#child, 'close')
    }
    return this.#child.exitCode
  }
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise<void>(resolve => { server.close(() => { resolve() }) })
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('peerwright start and its channels', function () {
  this.timeout(60_000)
  let folder = ''
  const running: Running[] = []
  const start = (args: readonly string[]): Running => {
    const made = new Running(['start', ...args])
    running.push(made)
    return made
  }
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-channels-')) })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(async one => await one.end('SIGTERM')))
    await rm(folder, { recursive: true, force: true })
  })

  it('S26 + tells of each session over what channel it runs, S26 - refuses a peer that comes back without the hybrid, and forgets it on command', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const specs = await Promise.all([port, other].map(async (listen, index) => {
      const file = join(folder, `${index}.toml`)
      await writeFile(file, `extends = "bitcoin-regtest"\n[policy]\naddressScope = "loopback"\nlimitLoopback = false\nlisten = [{ ip = "127.0.0.1", port = ${listen} }]\n`)
      return file
    }))
    const [listening, dialling] = [join(folder, 'listening'), join(folder, 'dialling')]
    const listener = start(['--spec', specs[0] ?? '', '--data', listening])
    const { peerId } = await listener.event('started') as { readonly peerId: string }
    const dial = ['--spec', specs[1] ?? '', '--data', dialling, '--connect', `/ip4/127.0.0.1/tcp/${port}/p2p/${peerId}`]
    const dialler = start(dial)

    const [ours, theirs] = [await dialler.event('session'), await listener.event('session')] as Array<Event & { readonly channel: Event }>
    const { channelBinding, ...facts } = ours?.channel ?? {}
    assert.deepEqual([ours?.['peerId'], ours?.['direction']], [peerId, 'outbound'])
    assert.deepEqual(facts, { protocol: '/noise-mlkem768-hfs/0.2.0', kex: 'X25519+MLKEM768', pq: true, pqAuth: false, peerCertified: false })
    assert.match(String(channelBinding), /^[0-9a-f]{64}$/)
    assert.equal(theirs?.channel['channelBinding'], channelBinding)
    assert.deepEqual([await dialler.end('SIGTERM'), await listener.end('SIGTERM')], [0, 0])
    const file = join(dialling, 'channels.json')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual((JSON.parse(await readFile(file, 'utf8')) as { hybrid: unknown[][] }).hybrid.map(([peer]) => peer), [peerId])

    const rolledBack = await createLibp2p({
      privateKey: privateKeyFromProtobuf(await readFile(join(listening, 'identity.key'))),
      addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
      transports: [peerTcp()],
      connectionEncrypters: [stockNoise()],
      streamMuxers: [yamux()]
    })
    try {
      const again = start(dial)
      const refused = await again.event('channel-refused')
      assert.deepEqual([refused['code'], refused['protocol'], refused['direction']], ['downgrade', '/noise', 'outbound'])
      assert.match(String(refused['advice']), new RegExp(`${peerId} had a hybrid channel 0 days ago; have it forgotten`))
      const failed = await again.event('connect-failed')
      assert.deepEqual([failed['address'], failed['code']], [`127.0.0.1:${port}`, 'downgrade'])
      assert.equal(await again.end('SIGTERM'), 0)
    } finally {
      await rolledBack.stop()
    }

    const forgetting = start([...dial, '--forget', peerId])
    await forgetting.event('started')
    assert.equal(await forgetting.end('SIGTERM'), 0)
    assert.deepEqual((JSON.parse(await readFile(file, 'utf8')) as { hybrid: unknown[] }).hybrid, [])
    assert.equal(await start([...dial, '--forget', peerId]).end(), 2)
  })

  it('QC-11 + takes a peer whose pin it was told, QC-11 - and says why it does not take another at that address', async () => {
    const ports = [await freePort(), await freePort(), await freePort()]
    const spec = join(folder, 'loopback.toml')
    await writeFile(spec, 'extends = "bitcoin-regtest"\n[policy]\naddressScope = "loopback"\nlimitLoopback = false\n')
    const args = ports.map((port, index) => ['--spec', spec, '--data', join(folder, String(index)), '--listen', `127.0.0.1:${port}`])
    const listener = start(args[0] ?? [])
    const { pin } = await listener.event('started') as { readonly pin: string }
    assert.match(pin, /^sha256\//)
    const dialled = `127.0.0.1:${String(ports[0])}`
    const right = start([...args[1] ?? [], '--connect', dialled, '--pin', `${dialled}=${pin}`])
    assert.equal((await right.event('connected'))['address'], dialled)
    const wrong = start([...args[2] ?? [], '--connect', dialled, '--pin', `${dialled}=${pin.replace(/.=$/, last => last === 'A=' ? 'E=' : 'A=')}`])
    assert.equal((await wrong.event('connect-failed'))['code'], 'wrong-identity')
    assert.match(String((await wrong.event('channel-refused'))['advice']), /pinned to another identity/)
    for (const bad of ['127.0.0.1:1', '=', `${dialled}=sha256/AA`]) {
      assert.equal(await start(['--spec', spec, '--data', join(folder, 'bad'), '--pin', bad]).end(), 2, bad)
    }
  })

  it('QC-09 + forgets a peer that says, signed, that it will offer the hybrid no more, QC-09 - and does not on an older word', async () => {
    const identity = await generateKeyPair('Ed25519')
    const peer = identity.publicKey.toString()
    const seconds = Math.floor(Date.now() / 1_000)
    const [memory, file] = [join(folder, 'channels.json'), join(folder, 'withdrawal')]
    const args = ['--spec', 'bitcoin-regtest', '--data', folder, '--listen', `127.0.0.1:${await freePort()}`, '--withdrawal', file]
    const held = async (): Promise<number> => (JSON.parse(await readFile(memory, 'utf8')) as { hybrid: unknown[] }).hybrid.length
    await writeFile(memory, JSON.stringify({ form: 1, hybrid: [[peer, (seconds - 1) * 1_000]] }))
    await writeFile(file, encodeWithdrawal(await signWithdrawal(identity, { encrypters: ['/noise'], timeSeconds: seconds - 1 })))
    const refused = start(args)
    assert.equal(await refused.end(), 1)
    assert.equal(refused.events[0]?.['code'], 'withdrawal-refused')
    assert.match(String(refused.events[0]?.['message']), /stale-withdrawal/)
    assert.equal(await held(), 1)
    await writeFile(file, encodeWithdrawal(await signWithdrawal(identity, { encrypters: ['/noise'], timeSeconds: seconds })))
    const taken = start(args)
    await taken.event('started')
    assert.equal(await taken.end('SIGTERM'), 0)
    assert.equal(await held(), 0)
    assert.equal(await start(args).end(), 2)
    assert.equal(await start([...args, '--withdrawal', join(folder, 'none')]).end(), 2)
  })

  it('QC-09 + writes that word for a node, with both its keys, which others take, QC-09 - and want both where they know both', async () => {
    const [own, others, file] = [join(folder, 'own'), join(folder, 'others'), join(folder, 'withdrawal')]
    const command = async (args: readonly string[]): Promise<readonly [number | null, Event | undefined]> => {
      const run = new Running(args)
      running.push(run)
      return [await run.end(), run.events[0]]
    }
    const write = ['withdraw', '--spec', 'bitcoin-regtest', '--data', own, '--out', file]
    assert.equal((await command(write))[0], 2, 'no identity')
    const identity = await generateKeyPair('Ed25519')
    const peer = identity.publicKey.toString()
    await Promise.all([own, others].map(async path => { await mkdir(path) }))
    await writeFile(join(own, 'identity.key'), privateKeyToProtobuf(identity))
    const [code, told] = await command(write)
    assert.deepEqual([code, told?.['peerId'], told?.['encrypters'], told?.['signatures']], [0, peer, ['/noise'], 2])
    assert.equal((await command(write))[0], 2, 'the file is there')
    assert.equal((await command(['withdraw', '--spec', 'qnet', '--data', own, '--out', join(folder, 'other')]))[0], 2, 'the network has nothing else')
    assert.deepEqual((await command([...write.slice(0, -1), join(folder, 'other'), '--offer', '/noise-mlkem768-hfs/0.2.0']))[1]?.['code'], 'hybrid-offered')

    // Whoever knows the ML-DSA key of that peer wants its signature
    const seconds = Math.floor(Date.now() / 1_000)
    const [suites, pins] = [await loadSuites(), new Pins()]
    const signer = createSigner({ identity, secret: derivedSecret(identity, 'ml-dsa-65'), suites })
    await createVerifier({ suites, pins }).certify(peer, await signer.certificate(seconds), seconds)
    await writeFile(join(others, 'pins.bin'), encodePins(pins.toArray()))
    await writeFile(join(others, 'channels.json'), JSON.stringify({ form: 1, hybrid: [[peer, (seconds - 60) * 1_000]] }))
    const alone = join(folder, 'alone')
    await writeFile(alone, encodeWithdrawal(await signWithdrawal(identity, { encrypters: ['/noise'], timeSeconds: seconds })))
    const args = ['start', '--spec', 'bitcoin-regtest', '--data', others, '--listen', `127.0.0.1:${await freePort()}`, '--withdrawal']
    const [refused, why] = await command([...args, alone])
    assert.equal(refused, 1)
    assert.match(String(why?.['message']), /not-certified/)
    const taken = new Running([...args, file])
    running.push(taken)
    await taken.event('started')
    assert.equal(await taken.end('SIGTERM'), 0)
    assert.deepEqual((JSON.parse(await readFile(join(others, 'channels.json'), 'utf8')) as { hybrid: unknown[] }).hybrid, [])
    assert.deepEqual(decodePins(await readFile(join(others, 'pins.bin'))).map(({ peerId }) => peerId), [peer])
    await writeFile(join(others, 'pins.bin'), 'damaged')
    assert.equal((await command(args.slice(0, -1)))[1]?.['code'], 'pins-unreadable')
  })

  it('QC-09 - does not begin anew in silence where the memory of channels is damaged', async () => {
    const port = await freePort()
    const first = start(['--spec', 'bitcoin-regtest', '--data', folder, '--listen', `127.0.0.1:${port}`])
    await first.event('started')
    assert.equal(await first.end('SIGTERM'), 0)
    for (const text of ['{"form":1,"hybrid":[["a"]]}', ' '.repeat(3_000_000)]) {
      await writeFile(join(folder, 'channels.json'), text)
      const damaged = start(['--spec', 'bitcoin-regtest', '--data', folder, '--listen', `127.0.0.1:${port}`])
      assert.equal(await damaged.end(), 1)
      assert.equal(damaged.events[0]?.['code'], 'channels-unreadable')
    }
  })
})
