import type { Stream } from '@libp2p/interface'
import { encodeVarint, MESSAGES, messageType, payloadLimit, readVarint, type SessionMessageName } from '@peerwright/protocol-messages'
import type { Scenario } from '../scenario.ts'

/** Bytes of a message that are sent of it: its length is judged before its payload is here. */
const SHOWN_BYTES = 16

const GETHEADERS = messageType('getheaders')

/** One byte over the limit of each type that a session may carry. */
export const oversized: Scenario = {
  id: 'S27',
  title: 'every message type, one byte over its limit: what the table says of it',
  play: async world => {
    const { maxBlockBytes } = world.profile.network
    for (const { name, breach, stream } of MESSAGES) {
      if (stream === 'classic') {
        continue
      }
      const node = await world.node({ name })
      const puppet = world.puppet()
      const tooLong = (requestId?: number): Uint8Array => frameTooLong(name, maxBlockBytes, requestId)
      await puppet.onBulk((bulk, request) => { bulk.send(tooLong(requestIdOf(request))) })
      const line = await world.settled(puppet.connect(node.address))
      await world.run(200)
      const session = node.network.sessions()[0]
      if (stream === 'live') {
        line.raw(tooLong())
      } else if (stream === 'bulk') {
        sendOn(await world.settled(line.bulk()), tooLong(1))
      } else {
        // An answer comes to a question
        session?.request(GETHEADERS, new Uint8Array(0), { expectedBytes: 1, maxBytes: 1, idleTimeoutMs: 10_000, onFrame: () => undefined }).catch(() => undefined)
      }
      await world.run(2_000)
      const { admission } = node.guards
      const host = session === undefined ? '' : admission.connections.hostOf(session.address)
      const found = line.open ? 'stays' : admission.enforcer.discouraged.has(host, world.timeline.monotonic()) ? 'discourage' : 'disconnect'
      world.check(`${name}: ${breach}`, found === breach, found)
    }
  }
}

function frameTooLong (name: SessionMessageName, maxBlockBytes: number, requestId: number | undefined): Uint8Array {
  const type = messageType(name)
  const id = requestId === undefined ? [] : [...encodeVarint(requestId)]
  const sizeBytes = (payloadLimit(type, maxBlockBytes) ?? 0) + 1
  return Uint8Array.of(...encodeVarint(1 + id.length + sizeBytes), type, ...id, ...new Uint8Array(SHOWN_BYTES))
}

function requestIdOf (frame: Uint8Array): number {
  const length = readVarint(frame, 0)
  const id = length === 'incomplete' ? length : readVarint(frame, length.end + 1)
  return id === 'incomplete' ? 0 : id.value
}

function sendOn (stream: Stream, bytes: Uint8Array): void {
  stream.send(bytes)
}
