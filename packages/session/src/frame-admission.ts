import { PeerFault } from '@peerwright/core'
import type { Admission, PeerSession } from '@peerwright/interface'
import { messageByType, messageType } from '@peerwright/protocol-messages'
import { MAX_HANDSHAKE_PAYLOAD_BYTES } from './constants.ts'
import type { Frame } from './frame-reader.ts'

/**
 * Whether a frame is to be handled, before it is decoded; without an admission every frame is.
 *
 * @throws PeerFault `over-budget`
 */
export function admitFrame (admission: Admission | undefined, session: PeerSession, { type, payload }: Frame, nowMs: number): 'handle' | 'throttle' {
  const decision = admission?.frame(session, type, payload.length, nowMs) ?? 'handle'
  if (decision === 'disconnect') {
    throw new PeerFault('over-budget', 'far more than its budget', { offence: 'resource' })
  }
  return decision
}

/** Tells of what was sent that the other side will answer on the live stream. */
export function expectAnswer (admission: Admission | undefined, session: PeerSession, type: number, nowMs: number): void {
  const answer = messageByType(type)?.answeredBy
  if (answer !== undefined) {
    admission?.expect?.(session, messageType(answer), 1, nowMs)
  }
}

/** Largest payload that is read: that of its type, and before `verack` no more than a handshake needs. */
export function payloadBound (limit: number | undefined, handshake: boolean): number | undefined {
  return handshake ? Math.min(limit ?? MAX_HANDSHAKE_PAYLOAD_BYTES, MAX_HANDSHAKE_PAYLOAD_BYTES) : limit
}
