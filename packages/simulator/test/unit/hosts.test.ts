import assert from 'node:assert/strict'
import { IpAddress, seededRandom } from '@peerwright/core'
import { Hosts } from '../../src/hosts.ts'
import { World } from '../../src/index.ts'
import { messageOf } from '../../src/outcome.ts'

describe('hosts', () => {
  it('have a system of their own for each /16 of IPv4 and /32 of IPv6, or the one that was told', () => {
    const hosts = new Hosts(seededRandom(1))
    const asOf = (ip: string): number => hosts.asOf(IpAddress.parse(ip) ?? assert.fail(ip))
    assert.equal(asOf('12.1.0.1'), asOf('12.1.9.9'))
    assert.equal(asOf('2001:db8::1'), asOf('2001:db8:9::1'))
    const systems = ['12.1.0.1', '12.2.0.1', '13.1.0.1', '2001:db8::1', '2001:db9::1', '2002:db8::1'].map(asOf)
    assert.equal(new Set(systems).size, systems.length)
    hosts.add('12.1.0.7', 5)
    assert.deepEqual([asOf('12.1.0.7'), asOf('12.1.0.8')], [5, systems[0]])
  })

  it('of a banned system are refused, wherever in it they are, and no others', async () => {
    const world = new World({ seed: 1 })
    const node = await world.node()
    const comes = async (ip: string, as: number): Promise<string> =>
      await world.settled(world.puppet({ ip, as }).connect(node.address).then(() => 'in', messageOf))
    assert.equal(await comes('12.1.0.1', 64_496), 'in')
    node.guards.service.control.ban('as 64496')
    assert.notEqual(await comes('13.2.0.1', 64_496), 'in')
    assert.equal(await comes('12.1.0.2', 64_497), 'in')
    assert.deepEqual([node.network.sessions().length, node.guards.admission.counters().refused], [1, { banned: 1 }])
  })
})
