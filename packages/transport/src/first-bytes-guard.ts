import type { ConnectionProtector, MessageStream, StreamMessageEvent } from '@libp2p/interface'
import { type NetAddress, PeerFault } from '@peerwright/core'
import { remoteAddress } from './encrypter-options.ts'
import { classifyFirstBytes, FIRST_BYTES, type FirstBytes } from './first-bytes.ts'

/** Why an inbound connection was closed before anything was said: what it began with, or `silent` when it sent too little in time. */
export type ForeignReason = Exclude<FirstBytes, 'ours'> | 'silent'

/** What the guard tells. */
export interface FirstBytesInit {
  /** A stranger was turned away; its address where libp2p says it. Called synchronously; must not throw */
  readonly onForeign?: (reason: ForeignReason, address: NetAddress | undefined) => void
}

/**
 * Looks at the first 16 bytes of each inbound connection and turns strangers away before a byte is answered. Given to libp2p as
 * `connectionProtector`, so that libp2p's own limits on pending connections and their time hold meanwhile. No byte is lost.
 */
export function firstBytesGuard ({ onForeign }: FirstBytesInit = {}): () => ConnectionProtector {
  return () => ({
    protect: async (connection, options) => {
      // Whom we dial speaks when we have spoken
      if (connection.direction === 'inbound') {
        const found = await peek(connection, options?.signal)
        if (found !== 'ours') {
          onForeign?.(found, remoteAddress(connection))
          throw new PeerFault(`foreign-${found}`, `an inbound connection that is not of libp2p: ${found}`)
        }
      }
      return connection
    }
  })
}

/** Reads until it is clear who is there, and puts what one of ours said back. */
async function peek (connection: MessageStream, signal: AbortSignal | undefined): Promise<FirstBytes | 'silent'> {
  const { promise, resolve } = Promise.withResolvers<FirstBytes | 'silent'>()
  const taken: Array<StreamMessageEvent['data']> = []
  const seen = new Uint8Array(FIRST_BYTES)
  let count = 0
  const onMessage = ({ data }: StreamMessageEvent): void => {
    taken.push(data)
    // Unlike that of an array, the `subarray` of a list throws beyond its end
    const bytes = data.subarray(0, Math.min(data.byteLength, FIRST_BYTES - count))
    seen.set(bytes, count)
    count += bytes.length
    const found = classifyFirstBytes(seen.subarray(0, count))
    if (found !== undefined) {
      settle(found)
    }
  }
  const onSilence = (): void => { settle('silent') }
  const settle = (found: FirstBytes | 'silent'): void => {
    connection.removeEventListener('message', onMessage)
    connection.removeEventListener('close', onSilence)
    signal?.removeEventListener('abort', onSilence)
    if (found === 'ours') {
      // Without a listener nothing is handed out: whoever listens next gets it all, in order
      for (const data of taken) {
        connection.push(data)
      }
    }
    resolve(found)
  }
  connection.addEventListener('close', onSilence)
  signal?.addEventListener('abort', onSilence)
  connection.addEventListener('message', onMessage)
  // Whose end has passed already says nothing more
  if (signal?.aborted === true || connection.status !== 'open') {
    settle('silent')
  }
  return await promise
}
