import type { Stream } from '@libp2p/interface'
import { type Clock, OperationError } from '@peerwright/core'
import type { Goodbye } from '@peerwright/interface'
import { encodeGoodbye, messageType } from '@peerwright/protocol-messages'
import { GOODBYE_TIMEOUT_MS } from './constants.ts'
import { within } from './deadline.ts'
import { wholeFrame } from './frame-writer.ts'
import type { Link } from './link.ts'
import type { Streams } from './streams.ts'

const GOODBYE = messageType('goodbye')

/**
 * Ends a connection: says why, lets what is queued go out, closes; cuts it when that takes too long. Never throws.
 *
 * @param goodbye - absent when the other side said it
 */
export async function partWith (link: Link, streams: Streams, goodbye: Goodbye | undefined, clock: Clock): Promise<void> {
  try {
    await within(clock, GOODBYE_TIMEOUT_MS, async signal => {
      if (goodbye !== undefined) {
        streams.send(GOODBYE, encodeGoodbye(goodbye))
        await streams.endLive(signal)
      }
      await link.close(signal)
    })
  } catch (error) {
    link.abort(asError(error))
  }
}

/**
 * Says goodbye on a stream that no conversation has, and waits until the other side has heard it and ends the stream. It may not have begun to
 * read: bytes that arrive with the end of a connection are lost to it.
 */
export async function sendAway (stream: Stream, goodbye: Goodbye, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const settle = (): void => { resolve() }
  stream.addEventListener('close', settle)
  stream.addEventListener('remoteCloseWrite', settle)
  // What it says is not read, but has to be taken out before its end shows
  stream.addEventListener('message', () => {})
  signal.addEventListener('abort', settle, { once: true })
  stream.send(wholeFrame(GOODBYE, encodeGoodbye(goodbye)))
  await stream.close({ signal })
  if (stream.status === 'open' && !signal.aborted) {
    await promise
  }
}

/** What was thrown, as an error. */
export function asError (error: unknown): Error {
  return error instanceof Error ? error : new OperationError('failed', 'something that is no error was thrown', { cause: error })
}
