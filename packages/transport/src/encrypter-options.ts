import type { MultiaddrConnection } from '@libp2p/interface'
import { NetAddress } from '@peerwright/core'
import type { ChannelGuard } from './channel-guard.ts'
import type { HandshakeGate } from './handshake-gate.ts'

/** What all encrypters of a node share. */
export interface EncrypterOptions {
  /** The policy of the node; without one, every channel is taken that both sides' offers come to */
  readonly guard?: ChannelGuard
  /** Stands before the work of inbound handshakes; without one there is no limit */
  readonly gate?: HandshakeGate
  /** Is told of every handshake that failed, why and with whom: libp2p hands on no more than the message */
  readonly refused?: (error: unknown, protocol: string, direction: 'inbound' | 'outbound', address: NetAddress | undefined) => void
}

/** Tells of a failure before libp2p hears of it, and before the connection is closed. */
export async function watched<T> (options: EncrypterOptions, protocol: string, direction: 'inbound' | 'outbound', connection: object, handshake: Promise<T>): Promise<T> {
  const ended = (proved: boolean): void => {
    if (direction === 'inbound') {
      options.gate?.ended(remoteIp(connection), proved)
    }
  }
  try {
    const secured = await handshake
    ended(true)
    return secured
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'busy') {
      ended(false)
    }
    options.refused?.(error, protocol, direction, remoteAddress(connection))
    throw error
  }
}

/** Where a connection leads, when the stream is one: libp2p hands in the connection itself, and its type says only that it is a stream. */
export function remoteAddress (stream: object): NetAddress | undefined {
  const { remoteAddr } = stream as Partial<MultiaddrConnection>
  return remoteAddr && NetAddress.fromComponents(remoteAddr.getComponents())
}

/** The IP address of the other side alone. */
export function remoteIp (stream: object): string | undefined {
  const { remoteAddr } = stream as Partial<MultiaddrConnection>
  return remoteAddr?.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value
}
