import { PeerFault } from '@peerwright/core'
import type { LiveHandler, PeerSession } from '@peerwright/interface'
import { decodePing, encodePing, messageByType, messageType } from '@peerwright/protocol-messages'
import type { Frame } from './frame-reader.ts'
import type { Liveness } from './liveness.ts'

const VERSION = messageType('version')
const VERACK = messageType('verack')
const PING = messageType('ping')
const PONG = messageType('pong')

/** What the live messages of an open session need. */
export interface LiveParts {
  readonly session: PeerSession
  readonly liveness: Liveness
  readonly handlerOf: (type: number) => LiveHandler | undefined
}

/**
 * What an open session does with a live message: answers pings, skips what it does not know, and hands the rest to its owner.
 *
 * @throws PeerFault `wrong-stream`, and whatever the handler finds
 */
export function onLiveMessage ({ type, payload }: Frame, { session, liveness, handlerOf }: LiveParts): void | Promise<void> {
  switch (type) {
    case PING:
      session.send(PONG, encodePing(decodePing(payload)))
      return
    case PONG:
      liveness.onPong(decodePing(payload))
      return
    case VERSION:
    case VERACK:
      return
  }
  const message = messageByType(type)
  if (message === undefined) {
    return
  }
  if (message.stream !== 'live') {
    throw new PeerFault('wrong-stream', `${message.name} does not travel on the live stream`)
  }
  return handlerOf(type)?.(session, payload)
}
