import { PeerFault } from '@peerwright/core'
import type { GoodbyeCode } from '@peerwright/interface'
import type { Version } from '@peerwright/protocol-messages'
import { checkOffer } from '@peerwright/transport'
import { MAX_IGNORED_HANDSHAKE_MESSAGES } from './constants.ts'

/** What a version must say to be talked to. */
export interface HandshakeRules {
  /** 32 bytes as hexadecimal: the hash of the network part of the profile */
  readonly networkId: string
  /** Lowest protocol version spoken */
  readonly minProtocolVersion: number
  /** What the channel below runs, and what this node has, in its order: compared with what the other side says it has */
  readonly channel?: { readonly running: string, readonly encrypters: readonly string[] }
}

/**
 * Where a handshake stands.
 *
 * | state          | version                          | verack             | other                 |
 * | -------------- | -------------------------------- | ------------------ | --------------------- |
 * | awaiting       | accept -> versioned, else refuse | ignore             | ignore, bounded       |
 * | versioned      | ignore                           | -> done            | fault `before-verack` |
 * | done, refused  | ignore                           | ignore             | -                     |
 *
 * The dialler sends its `version` at once, the listener when the dialler's has come; both send `verack` on accepting one.
 */
export type HandshakeState =
  | { readonly phase: 'awaiting', readonly ignored: number }
  | { readonly phase: 'versioned', readonly remote: Version, readonly ignored: number }
  | { readonly phase: 'done', readonly remote: Version }
  | { readonly phase: 'refused', readonly code: GoodbyeCode }

/** What arrives during a handshake. */
export type HandshakeEvent =
  | { readonly type: 'version', readonly version: Version }
  | { readonly type: 'verack' }
  /** Another message; `known` when the message table has its type */
  | { readonly type: 'message', readonly known: boolean }

/** What is to be done about it. */
type HandshakeAction = 'send-version-and-verack' | 'send-verack' | 'open' | 'refuse' | 'none'

/** The state after an event, and the action that goes with it. */
export interface HandshakeStep {
  readonly state: HandshakeState
  readonly action: HandshakeAction
}

/** Nothing has arrived. */
export const HANDSHAKE_START: HandshakeState = { phase: 'awaiting', ignored: 0 }

/**
 * @throws PeerFault `before-verack`, `handshake-noise`
 * @throws DowngradeError when both sides have a better channel than the one below
 */
export function stepHandshake (
  state: HandshakeState, event: HandshakeEvent, direction: 'inbound' | 'outbound', rules: HandshakeRules
): HandshakeStep {
  switch (state.phase) {
    case 'awaiting':
      return stepAwaiting(state, event, direction, rules)
    case 'versioned':
      return stepVersioned(state, event)
    case 'done':
    case 'refused':
      return { state, action: 'none' }
  }
}

function stepAwaiting (
  state: HandshakeState & { phase: 'awaiting' }, event: HandshakeEvent, direction: 'inbound' | 'outbound', rules: HandshakeRules
): HandshakeStep {
  if (event.type !== 'version') {
    return ignore(state)
  }
  const refusal = refusalOf(event.version, rules)
  if (refusal !== undefined) {
    return { state: { phase: 'refused', code: refusal }, action: 'refuse' }
  }
  checkChannel(event.version, direction, rules)
  return {
    state: { phase: 'versioned', remote: event.version, ignored: state.ignored },
    action: direction === 'inbound' ? 'send-version-and-verack' : 'send-verack'
  }
}

/** Inside the channel, where nobody on the way can change what is said: for encrypters that have no place for the list, such as TLS. */
function checkChannel ({ extension }: Version, direction: 'inbound' | 'outbound', { channel }: HandshakeRules): void {
  const theirs = extension?.encrypters ?? []
  // An older node tells none
  if (channel !== undefined && theirs.length > 0) {
    const [dialler, listener] = direction === 'outbound' ? [channel.encrypters, theirs] : [theirs, channel.encrypters]
    checkOffer({ running: channel.running, dialler, listener })
  }
}

function stepVersioned (state: HandshakeState & { phase: 'versioned' }, event: HandshakeEvent): HandshakeStep {
  if (event.type === 'verack') {
    return { state: { phase: 'done', remote: state.remote }, action: 'open' }
  }
  if (event.type === 'message' && event.known) {
    throw new PeerFault('before-verack', 'a message came between version and verack')
  }
  return ignore(state)
}

function ignore (state: HandshakeState & { phase: 'awaiting' | 'versioned' }): HandshakeStep {
  if (state.ignored >= MAX_IGNORED_HANDSHAKE_MESSAGES) {
    throw new PeerFault('handshake-noise', `more than ${MAX_IGNORED_HANDSHAKE_MESSAGES} messages that do not belong in a handshake`, { offence: 'resource' })
  }
  const ignored = state.ignored + 1
  return { state: state.phase === 'awaiting' ? { ...state, ignored } : { ...state, ignored }, action: 'none' }
}

/** Why a version is refused, if it is. The network comes first: the version numbers of another network mean nothing here. */
function refusalOf (version: Version, rules: HandshakeRules): GoodbyeCode | undefined {
  if (version.extension?.networkId !== rules.networkId) {
    return 'wrong-network'
  }
  return version.protocolVersion < rules.minProtocolVersion ? 'obsolete' : undefined
}
