import { type Clock, OperationError, PeerFault, type Timer } from '@peerwright/core'
import type { BulkEnd, BulkReply, PeerSession, RequestHandler } from '@peerwright/interface'
import { encodeEnd, messageByType, messageType } from '@peerwright/protocol-messages'
import { MAX_UNANSWERED_REQUESTS } from './constants.ts'
import type { Frame } from './frame-reader.ts'
import type { FrameStream } from './frame-stream.ts'

/** What answering needs from the conversation. */
export interface BulkServerParts {
  readonly clock: Clock
  /** How long a peer may read nothing of an answer, in milliseconds */
  readonly stallTimeoutMs: number
  /** The peer reads no answers, whatever else it says */
  readonly onStalled: () => void
  readonly session: PeerSession
  readonly handlerOf: (type: number) => RequestHandler | undefined
  /** Whether the request is to be answered, before it is decoded */
  readonly admit: (frame: Frame) => 'handle' | 'throttle'
  /** When the peer may ask again, in seconds */
  readonly retryAfter: () => number
  /** A handler broke off: a fault of the peer, or our own failure */
  readonly onFailure: (error: unknown) => void
}

const END = messageType('end')

/**
 * The answering side of a session's bulk stream. Requests are served one after the other, and reading goes on meanwhile:
 * a reader never waits for a writer, so two peers that ask each other cannot block each other.
 */
export class BulkServer {
  readonly #parts: BulkServerParts
  #unanswered = 0
  #turn: Promise<void> = Promise.resolve()

  constructor (parts: BulkServerParts) {
    this.#parts = parts
  }

  /** One request, and the stream it came on. */
  onFrame (frame: Frame, stream: FrameStream): void {
    if (messageByType(frame.type)?.stream !== 'bulk') {
      throw new PeerFault('wrong-stream', 'a message that is no request came as one')
    }
    if (this.#unanswered >= MAX_UNANSWERED_REQUESTS) {
      throw new PeerFault('too-many-requests', `more than ${MAX_UNANSWERED_REQUESTS} requests at a time`, { offence: 'resource' })
    }
    this.#unanswered++
    this.#turn = this.#turn.then(async () => { await this.#serve(frame, stream) })
  }

  async #serve (frame: Frame, stream: FrameStream): Promise<void> {
    const { session, handlerOf, admit, retryAfter, onFailure } = this.#parts
    const stall = this.#watchReader(stream)
    let ended = false
    const end = async (how: BulkEnd, retryAfterSeconds = 0): Promise<void> => {
      if (!ended) {
        ended = true
        // Before the bytes leave: the peer may ask again the moment it reads them
        this.#unanswered--
        await stall.during(stream.sendPaced(END, encodeEnd({ end: how, retryAfterSeconds }), frame.requestId))
      }
    }
    const reply: BulkReply = {
      send: async (type, payload) => { await stall.during(stream.sendPaced(type, payload, frame.requestId, true)) },
      end
    }
    try {
      const handler = handlerOf(frame.type)
      if (admit(frame) === 'throttle') {
        await end('busy', retryAfter())
      } else {
        await handler?.(session, frame.payload, reply)
      }
      await end('not-found')
    } catch (error) {
      if (!(error instanceof OperationError && error.code === 'closed')) {
        onFailure(error)
      }
    } finally {
      stall.end()
    }
  }

  /** Looks whether a peer that asked reads what it gets: who reads nothing for a whole period must not keep its place for ever. */
  #watchReader (stream: FrameStream): { during (sending: Promise<void>): Promise<void>, end (): void } {
    const { clock, stallTimeoutMs, onStalled } = this.#parts
    let timer: Timer
    let sending = false
    const look = (): void => {
      const before = sending ? stream.sentBytes : -1
      timer = clock.schedule(stallTimeoutMs, () => {
        if (sending && stream.sentBytes === before) {
          onStalled()
        } else {
          look()
        }
      })
    }
    look()
    return {
      during: async sent => {
        sending = true
        try {
          await sent
        } finally {
          sending = false
        }
      },
      end: () => { timer.cancel() }
    }
  }
}
