import assert from 'node:assert/strict'
import { OperationError, seededRandom } from '@peerwright/core'
import { VirtualClock } from '@peerwright/testing'
import { GATE_LIMITS, type GateLimits, HandshakeGate } from '../../src/index.ts'

const LIMITS: GateLimits = {
  concurrent: 3, shared: { capacity: 2, perSecond: 1 }, fresh: { capacity: 6, perSecond: 1 }, perGroup: { capacity: 2, perSecond: 1 }
}

/** Whether a handshake of this address may begin; it ends at once. */
function enters (gate: HandshakeGate, ip: string | undefined): boolean {
  const said = gate.admits(ip)
  let entered = true
  try {
    gate.enter(ip)()
  } catch (error) {
    assert.ok(error instanceof OperationError && error.code === 'busy')
    entered = false
  }
  assert.equal(said, entered, 'who asks first hears the same')
  return entered
}

describe('the gate before inbound handshakes', () => {
  it('QC-09 + lets in what a network may, and QC-09 - says busy beyond it, to that network alone', async () => {
    const clock = new VirtualClock()
    const gate = new HandshakeGate(clock, LIMITS)
    const tries = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.1.1', '2001:db8::1', '2001:db8:0:0:ffff::', '2001:db8::9', '2001:db8:0:1::1']
    assert.deepEqual(tries.map(ip => enters(gate, ip)), [true, true, false, true, true, true, false, true])
    await clock.advance(1_000)
    assert.deepEqual(['10.0.0.1', '10.0.0.2'].map(ip => enters(gate, ip)), [true, false])
  })

  it('QC-09 - all networks together have a bound, and who is turned away for his own has not used it up', () => {
    const gate = new HandshakeGate(new VirtualClock(), LIMITS)
    for (let time = 0; time < 100; time++) {
      enters(gate, '10.0.0.1')
    }
    // One of six for the fresh and one of two for the others are gone
    const entered = Array.from({ length: 20 }, (_, group) => enters(gate, `10.0.${group + 1}.1`))
    assert.deepEqual(entered, Array.from({ length: 20 }, (_, group) => group < 6))
  })

  it('QC-09 - so many at once and no more; leaving twice counts once', () => {
    const gate = new HandshakeGate(new VirtualClock(), LIMITS)
    const leave = ['10.0.1.1', '10.0.2.1', '10.0.3.1'].map(ip => gate.enter(ip))
    assert.equal(enters(gate, '10.0.4.1'), false)
    leave[0]?.()
    leave[0]?.()
    assert.equal(gate.running, 2)
    assert.equal(enters(gate, '10.0.4.1'), true)
  })

  it('QC-09 - a network whose handshakes come to nothing waits ten seconds for each further one, QC-09 + until one of them comes to something', async () => {
    const clock = new VirtualClock()
    const gate = new HandshakeGate(clock)
    const tries = async (seconds: number, proved: boolean): Promise<number> => {
      let entered = 0
      for (let time = 0; time < seconds; time++) {
        if (enters(gate, '10.0.0.1')) {
          entered++
          gate.ended('10.0.0.2', proved)
        }
        await clock.advance(1_000)
      }
      return entered
    }
    assert.equal(await tries(43, false), 3 + 4)
    assert.equal(enters(gate, '10.0.1.1'), true)
    // The next one may come when the wait is over; it succeeds, and nothing holds the others back
    await clock.advance(10_000)
    assert.equal(await tries(20, true), 20)
    gate.ended('10.9.9.9', false)
    gate.ended(undefined, false)
  })

  it('QC-09 - such a network draws nothing of what is there for those who had none lately', async () => {
    const clock = new VirtualClock()
    const gate = new HandshakeGate(clock, { ...GATE_LIMITS, shared: { capacity: 3, perSecond: 0.001 } })
    for (let time = 0; time < 3; time++) {
      assert.equal(enters(gate, '10.0.0.1'), true)
      gate.ended('10.0.0.1', false)
    }
    await clock.advance(60_000)
    // The first of the three was a fresh one: two of what is shared were drawn
    assert.deepEqual([enters(gate, '10.0.0.1'), enters(gate, '10.0.1.1')], [true, true])
    await clock.advance(60_000)
    assert.deepEqual([enters(gate, '10.0.0.1'), enters(gate, '10.0.1.1')], [false, true])
  })

  it('QC-09 - 1,000 a second from 200 networks, forever, get what is shared, and QC-09 + no dial from another network fails meanwhile', async () => {
    const clock = new VirtualClock()
    const gate = new HandshakeGate(clock)
    const random = seededRandom(5)
    const [seconds, entered] = [60, { bogus: 0, honest: 0 }]
    for (let step = 0; step < seconds * 1_000; step++) {
      entered.bogus += enters(gate, `10.1.${random.below(200)}.${random.below(256)}`) ? 1 : 0
      if (step % 100 === 50) {
        entered.honest += enters(gate, `172.16.${step / 100 % 256 | 0}.7`) ? 1 : 0
      }
      await clock.advance(1)
    }
    const { shared } = GATE_LIMITS
    assert.ok(entered.bogus <= shared.capacity + seconds * (shared.perSecond + 20) + 200, String(entered.bogus))
    assert.equal(entered.honest, seconds * 10)
  })
})
