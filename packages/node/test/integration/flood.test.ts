import assert from 'node:assert/strict'
import { extendProfile, type NetworkProfile, presets } from '@peerwright/chain-spec'
import { NetAddress } from '@peerwright/core'
import { flood } from '../support/flood.ts'
import { chainOf, freePort, TestNodes, until } from '../support/network.ts'

/** QuantumCoin's numbers on loopback, where they hold as anywhere. */
function strict (port: number): NetworkProfile {
  return extendProfile(presets.quantumcoin, { policy: { addressScope: 'loopback', seeds: [], listen: [{ ip: '127.0.0.1', port }] } })
}

describe('a flood', function () {
  this.timeout(60_000)
  const nodes = new TestNodes()
  afterEach(async () => { await nodes.stop() })

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
})
