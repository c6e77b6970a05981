import type { Stream } from '@libp2p/interface'
import { encodeVarint, messageType } from '@peerwright/protocol-messages'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { endCode } from '../outcome.ts'
import type { PuppetLine } from '../puppet.ts'
import type { Scenario } from '../scenario.ts'
import type { SimNode } from '../sim-node.ts'

const GETDATA = messageType('getdata')
const BLOCK = messageType('block')

const BLOCKS = 16
const BLOCK_BYTES = 4_000_000

/** Bytes of an entry of `getdata`: type 4, id 32. */
const ENTRY_BYTES = 36

/** Bytes that a session hands to a connection before it waits for room, twice: one turn goes, and one waits (DESIGN, "Streams and frames"). */
const UNSENT_BYTES = 2 * 65_536 + 16

const SLOW_READERS = 20
const HELD_MINUTES = 4

/** Asks for sixteen blocks. */
function ask (stream: Stream, requestId: number): void {
  if (stream.writeStatus === 'writable') {
    const id = encodeVarint(requestId)
    const payload = Uint8Array.of(BLOCKS, ...new Uint8Array(BLOCKS * ENTRY_BYTES))
    stream.send(Uint8Array.of(...encodeVarint(1 + id.length + payload.length), GETDATA, ...id, ...payload))
  }
}

/** Bytes that wait in the streams of one connection */
function unsentOf ({ libp2p }: SimNode, peerId: string): number {
  const streams = libp2p.connections.filter(({ remotePeer }) => remotePeer.toString() === peerId).flatMap(connection => connection.streams)
  return streams.reduce((sum, stream) => sum + stream.writeBufferLength, 0)
}

/** Peers that ask and never read. */
export const slowReader: Scenario = {
  id: 'S34',
  title: 'a peer asks for sixteen blocks again and again and reads nothing: it is held, and then it has to go',
  play: async world => {
    const node = await world.node({ name: 'server' })
    const block = new Uint8Array(BLOCK_BYTES)
    let sent = 0
    node.network.handle({
      owner: 'sync',
      requests: {
        [GETDATA]: async (_session, _payload, reply) => {
          for (let count = 0; count < BLOCKS; count++) {
            await reply.send(BLOCK, block)
            sent++
          }
          await reply.end('complete')
        }
      }
    })
    const ends = new Map<string, string>()
    node.network.observe({ closed: (session, end) => { ends.set(session.peerId, endCode(end)) } })
    const honest = await world.settled(world.puppet({ name: 'honest' }).connect(node.address))
    honest.answersPings()
    const readers: Array<{ readonly line: PuppetLine, readonly bulk: Stream }> = []
    for (let index = 0; index < SLOW_READERS; index++) {
      const line = await world.settled(world.puppet({ name: `reader${index}` }).connect(node.address))
      line.answersPings()
      const bulk = await world.settled(line.bulk())
      bulk.pause()
      readers.push({ line, bulk })
    }

    let mostUnsent = 0
    const watch = async (ms: number): Promise<void> => {
      for (let stepMs = 0; stepMs < ms; stepMs += 1_000) {
        await world.run(1_000)
        mostUnsent = Math.max(mostUnsent, ...readers.map(({ line }) => unsentOf(node, line.localPeer)))
      }
    }
    for (const { bulk } of readers) {
      ask(bulk, 1)
    }
    await watch(10_000)
    const outBytes = (): number[] => node.network.sessions().filter(({ peerId }) => peerId !== honest.localPeer).map(({ facts }) => facts.bytesOut)
    const held = outBytes()
    const mostOut = Math.max(...held)
    const allowed = MUXER_STREAM_OPTIONS.maxStreamWindowSize + UNSENT_BYTES
    world.check('the window is filled, and no more is sent', mostOut > MUXER_STREAM_OPTIONS.maxStreamWindowSize / 2 && mostOut < allowed + 1_024, `${mostOut} of ${allowed} bytes`)
    world.check('the handler waits: not one block has gone', sent === 0, sent)
    for (const { bulk } of readers) {
      ask(bulk, 2)
    }
    await watch(60_000 * HELD_MINUTES)
    const later = outBytes()
    world.check('however long it lasts', later.length === SLOW_READERS && later.every((bytes, index) => bytes - (held[index] ?? 0) < 1_024), later.length)
    world.check('what waits in the node is bounded', mostUnsent > 0 && mostUnsent <= UNSENT_BYTES, `${mostUnsent} of ${UNSENT_BYTES} bytes for one peer`)
    const [greedy, patient] = [readers.slice(0, SLOW_READERS / 2), readers.slice(SLOW_READERS / 2)]
    for (const { bulk } of greedy) {
      ask(bulk, 3)
    }
    await watch(10_000)
    world.check('who goes on asking has to go', greedy.every(({ line }) => !line.open && ends.get(line.localPeer) === 'too-many-requests'), [...new Set(ends.values())].join())
    await watch(2 * world.profile.policy.timings.idleTimeoutMs)
    world.check('and so has who goes on reading nothing', patient.every(({ line }) => !line.open && ends.get(line.localPeer) === 'slow'), [...new Set(ends.values())].join())
    world.check('nothing of it is left', node.network.sessions().length === 1 && node.libp2p.connections.length === 1 && sent === 0, node.libp2p.connections.length)
    world.check('an honest peer stays', honest.open)
    const bulk = await world.settled(honest.bulk())
    let readBytes = 0
    bulk.addEventListener('message', ({ data }) => { readBytes += data.byteLength })
    ask(bulk, 1)
    await world.run(60_000)
    world.check('and gets its sixteen blocks', readBytes >= BLOCKS * BLOCK_BYTES && sent === BLOCKS, `${sent} blocks, ${readBytes} bytes`)
  }
}
