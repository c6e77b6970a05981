import { loadPostQuantum } from '@peerwright/crypto'
import { type HandshakeInit, HandshakeState } from '../../src/noise/handshake-state.ts'
import type { NoiseSuite } from '../../src/noise/suite.ts'
import { dhKeyPair } from '../../src/noise/x25519.ts'

const { kem } = await loadPostQuantum()

/** Both sides of a handshake. */
export interface Pair {
  readonly initiator: HandshakeState
  readonly responder: HandshakeState
}

/** Two sides with fresh keys. */
export function pairOf (suite: NoiseSuite, more: { readonly initiator?: Partial<HandshakeInit>, readonly responder?: Partial<HandshakeInit> } = {}): Pair {
  const side = (initiator: boolean, extra: Partial<HandshakeInit> = {}): HandshakeState =>
    new HandshakeState({ suite, initiator, staticKey: dhKeyPair(), ...suite.hybrid ? { kem } : {}, ...extra })
  return { initiator: side(true, more.initiator), responder: side(false, more.responder) }
}

/** The next message of a side. */
export function write (state: HandshakeState, payload: Uint8Array = new Uint8Array()): Uint8Array {
  state.begin()
  return state.finish(payload)
}

/** Carries the first `messages` of the three, and gives them. */
export function run ({ initiator, responder }: Pair, messages = 3): readonly Uint8Array[] {
  return Array.from({ length: messages }, (_, index) => {
    const message = index === 1 ? write(responder) : write(initiator)
    ;(index === 1 ? initiator : responder).read(message)
    return message
  })
}
