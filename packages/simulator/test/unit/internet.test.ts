import assert from 'node:assert/strict'
import { NetAddress, OperationError, seededRandom } from '@peerwright/core'
import { type Host, Internet } from '../../src/internet.ts'
import { settle } from '../../src/settle.ts'
import { Timeline } from '../../src/timeline.ts'
import type { Wire } from '../../src/wire.ts'

const host = (ip: string): Host => ({ ip, as: 1 })
const at = ({ ip }: Host): NetAddress => NetAddress.from(ip, 8333) ?? assert.fail()
const [A, B, C] = [host('12.0.0.1'), host('13.0.0.1'), host('14.0.0.1')] as const

describe('the internet', () => {
  let timeline = new Timeline()
  let internet = new Internet(timeline, seededRandom(1))
  beforeEach(() => {
    timeline = new Timeline()
    internet = new Internet(timeline, seededRandom(1))
  })
  const run = async (ms: number): Promise<void> => { await timeline.run(timeline.monotonic() + ms, settle) }
  const connect = (from: Host, to: Host): Wire => internet.connect(from, to, at(from), at(to)) ?? assert.fail('nobody listens')

  it('brings a connection to who listens there, and to nobody else', async () => {
    const arrived: string[] = []
    internet.listen(at(B), { onConnection: (_wire, from) => { arrived.push(`${from.host} at ${timeline.monotonic()}`) } })
    assert.throws(() => { internet.listen(at(B), { onConnection: () => undefined }) }, (error: unknown) => error instanceof OperationError && error.code === 'address-in-use')
    connect(A, B)
    assert.equal(internet.connect(A, C, at(A), at(C)), undefined)
    await run(100)
    assert.deepEqual(arrived, ['12.0.0.1 at 40'])
    internet.unlisten(at(B))
    assert.equal(internet.connect(A, B, at(A), at(B)), undefined)
  })

  it('gives each way its own quality, for connections made from then on', async () => {
    internet.listen(at(B), { onConnection: () => undefined })
    const before = connect(A, B)
    internet.shape(from => ({ latencyMs: from.ip === A.ip ? 5 : 70 }))
    const after = connect(A, B)
    const arrivals: string[] = []
    for (const [name, wire] of [['before', before], ['after', after]] as const) {
      wire.send('dialler', 1, () => { arrivals.push(`${name} there ${timeline.monotonic()}`) })
      wire.send('listener', 1, () => { arrivals.push(`${name} back ${timeline.monotonic()}`) })
    }
    await run(100)
    assert.deepEqual(arrivals, ['after there 5', 'before there 40', 'before back 40', 'after back 70'])
  })

  it('split anew, it brings what waited to those who reach each other now, and to nobody else', async () => {
    internet.listen(at(B), { onConnection: () => undefined })
    internet.listen(at(C), { onConnection: () => undefined })
    const [toB, toC] = [connect(A, B), connect(A, C)]
    const arrived: string[] = []
    internet.partition([[A], [B], [C]])
    assert.deepEqual([internet.reaches(A, B), internet.reaches(A, C), internet.reaches(A, host('15.0.0.1'))], [false, false, true])
    toB.send('dialler', 1, () => { arrived.push('b') })
    toC.send('dialler', 1, () => { arrived.push('c') })
    await run(1_000)
    assert.deepEqual(arrived, [])
    internet.partition([[A, B], [C]])
    await run(1_000)
    assert.deepEqual(arrived, ['b'])
    internet.heal()
    await run(1_000)
    assert.deepEqual(arrived, ['b', 'c'])
  })
})
