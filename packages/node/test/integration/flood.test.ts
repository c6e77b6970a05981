import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Upgrader } from '@libp2p/interface'
import { extendProfile } from '@peerwright/chain-spec'
import { NetAddress } from '@peerwright/core'
import type { PeerwrightNode } from '@peerwright/node'
import { PQ_NOISE_ID } from '@peerwright/transport'
import { flood } from '../support/flood.ts'
import { chainOf, freePort, strict, TestNodes, until } from '../support/network.ts'

const line = (text: string): Buffer => Buffer.from([text.length + 1, ...Buffer.from(`${text}\n`)])

/** What a dialler says until the listener has to compute something. Zeros are a key of ML-KEM in which no coefficient is too large. */
function firstMessage (): Buffer {
  const message = Buffer.concat([randomBytes(32), Buffer.alloc(1_184)])
  return Buffer.concat([line('/multistream/1.0.0'), line(PQ_NOISE_ID), Uint8Array.of(message.length >> 8, message.length & 0xff), message])
}

/** What was refused, once that are so many. */
async function untilRefused (node: PeerwrightNode, count: number): Promise<Readonly<Record<string, number>>> {
  await until(() => Object.values(node.refusedChannels()).reduce((sum, one) => sum + one, 0) >= count)
  return node.refusedChannels()
}

describe('a flood', function () {
  this.timeout(60_000)
  const nodes = new TestNodes()
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) {
      socket.destroy()
    }
    await nodes.stop()
  })

  it('S21 S28 of connections and garbage from fifty addresses costs no honest peer its session, and each refusal has a reason', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: strict(port), chain: await chainOf(50) })
    const ended: string[] = []
    node.network.observe({ closed: (_, { code }) => ended.push(code) })
    const address = NetAddress.from('127.0.0.1', port) ?? assert.fail()
    const honest = async (ip: string): Promise<void> => {
      const peer = await nodes.start({ spec: strict(await freePort()), chain: await chainOf(0), dialFrom: ip, peers: [{ address }] })
      await peer.sync.synced()
      assert.equal(peer.chain.tip().height, 50)
    }
    const attack = flood(port, 3_000)
    await Promise.all(['127.0.1.1', '127.0.1.2', '127.0.2.1'].map(honest))
    const { attempts } = await attack
    const { accepted, refused } = node.admission.counters()
    assert.ok(attempts > 500 && accepted < attempts / 2, `${accepted} of ${attempts}`)
    const reasons = ['pace', 'pace-of-host', 'pace-of-subnet', 'host-limit', 'subnet-limit', 'pending', 'pending-of-host', 'total', 'banned', 'gone']
    assert.deepEqual(Object.keys(refused).filter(reason => !reasons.includes(reason)), [])
    assert.ok(node.admission.attacks().length > 0)
    assert.deepEqual([ended, node.network.sessions().length], [[], 3])
    // Nothing is left of those who were turned away
    await until(() => node.libp2p.getConnections().length === 3 && node.admission.metrics()['admission_connections'] === 3)
    assert.equal(node.admission.metrics()['admission_pending_connections'], 0)
  })

  it('QC-09 - of sockets beyond the pace ends before libp2p has made anything of them, each counted once, and QC-09 + others get in meanwhile', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: strict(port), chain: await chainOf(1) })
    const upgraded: string[] = []
    const { upgrader } = (node.libp2p as unknown as { readonly components: { readonly upgrader: Upgrader } }).components
    const upgradeInbound = upgrader.upgradeInbound.bind(upgrader)
    upgrader.upgradeInbound = async (connection, options) => {
      upgraded.push(NetAddress.fromComponents(connection.remoteAddr.getComponents())?.host ?? 'unknown')
      await upgradeInbound(connection, options)
    }
    const attempts = 300
    const flooded = Promise.all(Array.from({ length: attempts }, async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.9.9' }).on('error', () => {})
      sockets.push(socket)
      await new Promise(resolve => { socket.once('connect', resolve).once('close', resolve) })
    }))
    const honest = await nodes.start({ spec: strict(await freePort()), chain: await chainOf(0), dialFrom: '127.0.1.1' })
    await honest.network.connect({ address: NetAddress.from('127.0.0.1', port) ?? assert.fail() }, { class: 'full' })
    await flooded
    const { accepted, refused } = node.admission.counters()
    const counted = (): number => Object.values(node.admission.counters().refused).reduce((sum, count) => sum + count, 0) + (node.refusedChannels()['busy'] ?? 0)
    await until(() => counted() + upgraded.length >= attempts + 1)
    assert.deepEqual([counted() + upgraded.length, upgraded.length], [attempts + 1, node.admission.counters().accepted])
    assert.ok(upgraded.length < attempts / 10, `${upgraded.length} of ${attempts} became connections`)
    assert.ok(upgraded.includes('127.0.1.1'))
    assert.ok(accepted > 0 && Object.keys(refused).length > 0)
  })

  it('QC-09 - of handshakes that are broken off makes their network wait, and QC-09 + no other', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: extendProfile(strict(port), { policy: { admission: { connections: { failedAttempts: 0 } } } }), chain: await chainOf(1) })
    const message = firstMessage()
    for (let time = 1; time <= 4; time++) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.9.${time}` }).on('error', () => {})
      sockets.push(socket)
      socket.write(message)
      let bytes = 0
      await new Promise<void>(resolve => {
        socket.once('close', () => { resolve() }).on('data', data => {
          bytes += data.length
          if (bytes > 1_000) {
            resolve()
          }
        })
      })
      socket.destroy()
      const { busy = 0, 'truncated-handshake': truncated = 0 } = await untilRefused(node, time)
      assert.deepEqual([truncated, busy], time < 4 ? [time, 0] : [3, 1])
    }
    const honest = await nodes.start({ spec: strict(await freePort()), chain: await chainOf(0), dialFrom: '127.0.1.1' })
    assert.equal((await honest.network.connect({ address: NetAddress.from('127.0.0.1', port) ?? assert.fail() }, { class: 'full' })).open, true)
  })

  it('QC-09 - of first messages ends as busy, and QC-09 + whoever only met the bound is not banned for broken attempts', async () => {
    const port = await freePort()
    const policy = { channels: { handshakes: { perGroupPerSecond: 1 } }, admission: { connections: { failedAttempts: 3, perHost: 3, pendingPerHost: 3 } } }
    const node = await nodes.start({ spec: extendProfile(strict(port), { policy }), chain: await chainOf(1) })
    const message = firstMessage()
    // All three pass the door, since nothing is computed yet: two handshakes are allowed
    const three = await Promise.all([0, 1, 2].map(async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.9.9' }).on('error', () => {})
      sockets.push(socket)
      await once(socket, 'connect')
      return socket
    }))
    await until(() => node.admission.counters().accepted === 3)
    for (const socket of three) {
      socket.write(message)
    }
    await until(() => node.refusedChannels()['busy'] === 1)
    for (const socket of three) {
      socket.destroy()
    }
    await until(() => node.admission.metrics()['admission_connections'] === 0)
    assert.deepEqual([node.refusedChannels(), node.admission.bans()], [{ busy: 1, 'truncated-handshake': 2 }, []])
  })
})
