import { OperationError } from '@peerwright/core'
import type { RemoteVersion } from '@peerwright/interface'
import { decodeVersion, messageByType, messageType, type Version } from '@peerwright/protocol-messages'
import type { Frame } from './frame-reader.ts'
import { HANDSHAKE_START, type HandshakeEvent, type HandshakeRules, type HandshakeState, type HandshakeStep, stepHandshake } from './handshake.ts'

const VERSION = messageType('version')
const VERACK = messageType('verack')

/** How far `version` and `verack` have come on one connection. */
export class Greeting {
  readonly #direction: 'inbound' | 'outbound'
  readonly #rules: HandshakeRules
  #state: HandshakeState = HANDSHAKE_START

  constructor (direction: 'inbound' | 'outbound', rules: HandshakeRules) {
    this.#direction = direction
    this.#rules = rules
  }

  /** Whether `verack` went both ways */
  get done (): boolean {
    return this.#state.phase === 'done'
  }

  /** What the other side said. @throws OperationError `not-open` before that */
  get version (): Version {
    if (this.#state.phase !== 'done') {
      throw new OperationError('not-open', 'the handshake is not done')
    }
    return this.#state.remote
  }

  /** The same, as the rest of the node sees it. @throws OperationError `not-open` */
  get remote (): RemoteVersion {
    const { protocolVersion, services, userAgent, startHeight, extension } = this.version
    return { protocolVersion, services, userAgent, startHeight, chainWork: extension?.chainWork ?? 0n, features: extension?.features ?? [] }
  }

  /**
   * One frame of the live stream.
   *
   * @returns what is to be done
   * @throws PeerFault for a frame out of turn, or one that is no `version`
   */
  onFrame (frame: Frame): HandshakeStep {
    const step = stepHandshake(this.#state, this.#event(frame), this.#direction, this.#rules)
    this.#state = step.state
    return step
  }

  #event ({ type, payload }: Frame): HandshakeEvent {
    switch (type) {
      case VERSION:
        // A second version is not even decoded
        return this.#state.phase === 'awaiting' ? { type: 'version', version: decodeVersion(payload) } : { type: 'message', known: false }
      case VERACK:
        return { type: 'verack' }
      default:
        return { type: 'message', known: messageByType(type) !== undefined }
    }
  }
}
