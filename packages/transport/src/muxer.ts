import type { StreamMuxerFactory } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'

/** The numbers of a muxer's streams that back-pressure depends on. */
export interface MuxerStreamOptions {
  /** Bytes that the other side may send before a window update, at most */
  readonly maxStreamWindowSize: number
  /** Bytes a paused stream buffers before libp2p aborts it */
  readonly maxReadBufferLength: number
}

/**
 * For `yamux({ streamOptions: MUXER_STREAM_OPTIONS })`. The window bounds what a paused stream can still receive; it lies
 * below the read buffer, or a slow reader would have its stream aborted (LIBP2P D2, D3). Source: DESIGN, "Streams and frames";
 * 2 MiB carries 330 Mbit/s at 50 ms.
 */
export const MUXER_STREAM_OPTIONS: MuxerStreamOptions = {
  maxStreamWindowSize: 2_097_152,
  maxReadBufferLength: 4_194_304
}

/**
 * Refuses a muxer whose window exceeds its read buffer.
 *
 * @throws OperationError `invalid-option`
 */
export function checkMuxer ({ maxStreamWindowSize, maxReadBufferLength }: MuxerStreamOptions): void {
  if (maxStreamWindowSize > maxReadBufferLength) {
    throw new OperationError(
      'invalid-option', `the muxer's window of ${maxStreamWindowSize} bytes exceeds its read buffer of ${maxReadBufferLength}: a slow reader would lose its stream`
    )
  }
}

/**
 * Makes a muxer that survives the end of its connection. Yamux writes the opening of a stream in a microtask; when the connection ended
 * meanwhile that throws where nobody catches it, and whoever cuts a connection right after its handshake stops the process that dialled
 * (measured: a peer that we banned). What is written after the end is dropped instead; the muxer hears of the end by itself.
 */
export function sturdyMuxer<Components> (muxer: (components: Components) => StreamMuxerFactory): (components: Components) => StreamMuxerFactory {
  return components => {
    const factory = muxer(components)
    return {
      protocol: factory.protocol,
      createStreamMuxer: connection => {
        const send = connection.send.bind(connection)
        connection.send = data => {
          try {
            return send(data)
          } catch (error) {
            if (error instanceof Error && error.name === 'StreamStateError') {
              return false
            }
            throw error
          }
        }
        return factory.createStreamMuxer(connection)
      }
    }
  }
}
