import { messageType } from '@peerwright/protocol-messages'
import { endCode } from '../outcome.ts'
import type { PuppetLine } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'

const VERACK = messageType('verack')
const EMPTY = new Uint8Array(0)

/** A type that the message table does not have. */
const UNKNOWN = 0xf0

/** Strangers that do not shake hands as they should, beside one that does. */
export const handshakes: Scenario = {
  id: 'S24',
  title: 'no version, half a version, 10 MB before it, verack first, version twice, 200 unknown messages',
  play: async world => {
    const node = await world.node()
    const limitMs = world.profile.policy.timings.handshakeTimeoutMs
    const ends = new Map<string, string>()
    node.network.observe({ failed: (peer, end) => { ends.set(peer.peerId, endCode(end)) } })
    const stranger = async (say: (line: PuppetLine) => void): Promise<PuppetLine> => {
      const line = await world.settled(world.puppet().dial(node.address))
      say(line)
      return line
    }
    const endOf = (line: PuppetLine): string | undefined => ends.get(line.localPeer)

    const silent = await stranger(() => undefined)
    const half = await stranger(line => line.raw(Uint8Array.of(60, messageType('version'), 1, 2, 3)))
    const cut = await stranger(line => line.say(messageType('version'), new Uint8Array(30)))
    const huge = await stranger(line => line.raw(Uint8Array.of(0x80, 0xad, 0xe2, 0x04, messageType('block')), new Uint8Array(10_000_000)))
    const early = await stranger(line => line.say(VERACK, EMPTY))
    const twice = await stranger(line => { line.greet(); line.greet() })
    const chatty = await stranger(line => {
      for (let count = 0; count < 200; count++) {
        line.say(UNKNOWN, Uint8Array.of(count))
      }
    })
    const sinceMs = world.timeline.monotonic()
    await world.run(1_000)
    world.check('a version that is none ends the attempt', !cut.open && endOf(cut) === 'truncated', endOf(cut))
    world.check('what is larger than 1 KiB ends it before its bytes are here', !huge.open && endOf(huge) === 'oversized', endOf(huge))
    world.check('verack first, version twice and unknown messages end nothing', early.open && twice.open && chatty.open)
    for (const line of [early, chatty]) {
      line.greet()
    }
    await world.run(500)
    for (const line of [early, twice, chatty]) {
      line.say(VERACK, EMPTY)
    }
    await world.run(500)
    world.check('they become sessions', node.network.sessions().length === 3, node.network.sessions().length)
    await world.until(() => !silent.open && !half.open, 2 * limitMs)
    const tookMs = world.timeline.monotonic() - sinceMs
    world.check('who says no version, or half of one, is gone at the time for a handshake', tookMs <= limitMs, `${Math.round(tookMs)} ms of ${limitMs}`)
    world.check('for that, and nothing worse', endOf(silent) === 'timeout' && endOf(half) === 'timeout', `${endOf(silent) ?? 'none'}, ${endOf(half) ?? 'none'}`)
    world.check('the others stay', node.network.sessions().length === 3, node.network.sessions().length)
    world.check('nobody is banned', node.guards.admission.enforcer.bans.size === 0, node.guards.admission.enforcer.bans.size)
  }
}
