import type { ChannelGuard } from './channel-guard.ts'
import type { HandshakeGate } from './handshake-gate.ts'

/** What all encrypters of a node share. */
export interface EncrypterOptions {
  /** The policy of the node; without one, every channel is taken that both sides' offers come to */
  readonly guard?: ChannelGuard
  /** Stands before the work of inbound handshakes; without one there is no limit */
  readonly gate?: HandshakeGate
  /** Is told of every handshake that failed, and why: libp2p hands on no more than the message */
  readonly refused?: (error: unknown, protocol: string, direction: 'inbound' | 'outbound') => void
}

/** Tells of a failure before libp2p hears of it. */
export async function watched<T> (options: EncrypterOptions, protocol: string, direction: 'inbound' | 'outbound', handshake: Promise<T>): Promise<T> {
  try {
    return await handshake
  } catch (error) {
    options.refused?.(error, protocol, direction)
    throw error
  }
}

/** Where a connection comes from, when the stream is one. */
export function remoteIp (stream: object): string | undefined {
  const { remoteAddr } = stream as { readonly remoteAddr?: { getComponents(): Array<{ readonly name: string, readonly value?: string }> } }
  return remoteAddr?.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value
}
