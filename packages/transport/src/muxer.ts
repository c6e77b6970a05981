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
