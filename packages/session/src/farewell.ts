import { type Clock, OperationError } from '@peerwright/core'
import type { Goodbye } from '@peerwright/interface'
import { encodeGoodbye, messageType } from '@peerwright/protocol-messages'
import { GOODBYE_TIMEOUT_MS } from './constants.ts'
import { within } from './deadline.ts'
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

/** What was thrown, as an error. */
export function asError (error: unknown): Error {
  return error instanceof Error ? error : new OperationError('failed', 'something that is no error was thrown', { cause: error })
}
