import { invariant, PeerFault } from '@peerwright/core'
import { fixedLimit } from './message-table.ts'

/** QNet's messages of consensus and emergency: carried, not interpreted. */
export type OpaqueMessageName = 'commit' | 'reveal' | 'emergency'

/** Checks a payload of ours against the limit of its message. */
export function encodeOpaque (name: OpaqueMessageName, payload: Uint8Array): Uint8Array {
  invariant(payload.length > 0 && payload.length <= fixedLimit(name), `a ${name} has 1 to ${fixedLimit(name)} bytes`)
  return payload
}

/**
 * A view onto the payload, for whoever knows what it means.
 *
 * @throws PeerFault `truncated` when it is empty, `too-many` when it is over its limit
 */
export function decodeOpaque (name: OpaqueMessageName, payload: Uint8Array): Uint8Array {
  if (payload.length === 0) {
    throw new PeerFault('truncated', `a ${name} without content`)
  }
  if (payload.length > fixedLimit(name)) {
    throw new PeerFault('too-many', `a ${name} is over its limit of ${fixedLimit(name)} bytes`)
  }
  return payload
}
