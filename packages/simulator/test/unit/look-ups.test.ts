import assert from 'node:assert/strict'
import { IpRange, NetAddress } from '@peerwright/core'
import type { SimNode } from '../../src/index.ts'
import { World } from '../../src/index.ts'

/** What goes through a map, and what asks it. */
const METHODS = ['get', 'has', 'set', 'delete', 'forEach', 'keys', 'values', 'entries', Symbol.iterator] as const

/** How often maps are asked while something runs. */
function asked (run: () => void): number {
  let count = 0
  const held = METHODS.map(name => [name, Object.getOwnPropertyDescriptor(Map.prototype, name)] as const)
  try {
    for (const [name, descriptor] of held) {
      const method = descriptor?.value as (...args: unknown[]) => unknown
      Object.defineProperty(Map.prototype, name, {
        ...descriptor,
        value: function (this: unknown, ...args: unknown[]): unknown {
          count++
          return method.apply(this, args)
        }
      })
    }
    run()
  } finally {
    for (const [name, descriptor] of held) {
      Object.defineProperty(Map.prototype, name, descriptor ?? {})
    }
  }
  return count
}

const addressOf = (index: number): NetAddress => NetAddress.from(Uint8Array.of(60, index >> 16, index >> 8 & 0xff, index & 0xff), 1) ?? assert.fail()

function offend ({ guards: { admission } }: SimNode, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    const [peerId, address] = [`offender${index}`, addressOf(index)]
    admission.observe({ peerId, address, rule: 'bad-block', offence: 'provable' }, 0)
    admission.enforcer.ban({ type: 'peer', peerId }, { rule: 'bad-block', reason: 'conduct', durationMs: 1_000 }, [], 0)
    admission.enforcer.ban({ type: 'range', range: IpRange.of(address.ip, 128) }, { rule: 'bad-block', reason: 'conduct', durationMs: 1_000 }, [], 0)
  }
}

describe('look-ups', () => {
  it('S31 ask no more tables among all that there is room for than among ten', async () => {
    const node = await new World({ seed: 1 }).node()
    const { admission: { enforcer: { bans, discouraged } }, scoring } = node.guards
    const lookUps = (): number[] => [
      () => { assert.ok(bans.ofPeer('offender9', 0)) },
      () => { assert.equal(bans.ofPeer('nobody', 0), undefined) },
      () => { assert.ok(bans.ofIp(addressOf(9).ip, 0)) },
      () => { assert.equal(bans.ofIp(addressOf(70_000).ip, 0), undefined) },
      () => { assert.ok(scoring.explain('offender9', 0)) },
      () => { assert.equal(scoring.explain('nobody', 0), undefined) },
      () => { assert.equal(discouraged.has('nobody', 0), false) }
    ].map(asked)
    offend(node, 0, 10)
    const few = lookUps()
    offend(node, 10, 5_000)
    assert.equal(bans.size, 10_000)
    assert.deepEqual(lookUps(), few)
    assert.ok(few.slice(0, -1).every(count => count > 0 && count < 8), few.join())
  })
})
