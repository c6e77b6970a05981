import type { z } from 'zod'
import { oneOf, table, whole } from './values.ts'

/** How many inbound handshakes are computed; what is more is turned away as busy. */
export interface HandshakePolicy {
  /** At the same time */
  readonly concurrent: number
  /** In a second, together: of all networks where each handshake costs an ML-DSA signature, elsewhere of those that had one lately */
  readonly perSecond: number
  /** In a second, of one network of 24 bits (IPv4) or 64 bits (IPv6) */
  readonly perGroupPerSecond: number
}

/** What encrypted channels a node takes. */
export interface ChannelsPolicy {
  /** `prefer`: the hybrid where the other side has it. `sticky`: who had it once is held to it. `require`: nothing else */
  readonly hybrid: 'prefer' | 'sticky' | 'require'
  /** Whether TLS 1.3 is spoken with peers that have no Noise */
  readonly tls: 'allowed' | 'forbidden'
  /** Whether peers prove an ML-DSA key: `off`, `send` where both have one, or `require` */
  readonly pqAuth: 'off' | 'send' | 'require'
  readonly handshakes: HandshakePolicy
}

/** Sources: PQ-NOISE 9 (sticky); the others are `GATE_LIMITS` of `transport`, with their reasons. */
export const DEFAULT_CHANNELS: ChannelsPolicy = {
  hybrid: 'sticky',
  tls: 'forbidden',
  pqAuth: 'off',
  handshakes: { concurrent: 64, perSecond: 50, perGroupPerSecond: 5 }
}

/** The form of a `ChannelsPolicy`. */
export const channelsSchema: z.ZodType<ChannelsPolicy> = table({
  hybrid: oneOf('prefer', 'sticky', 'require'),
  tls: oneOf('allowed', 'forbidden'),
  pqAuth: oneOf('off', 'send', 'require'),
  handshakes: table({ concurrent: whole(1, 4_096), perSecond: whole(1, 10_000), perGroupPerSecond: whole(1, 10_000) })
}).check(({ value: { hybrid, tls }, issues }) => {
  if (hybrid === 'require' && tls === 'allowed') {
    issues.push({ code: 'custom', path: ['tls'], input: tls, message: '"forbidden": with hybrid = "require" nothing else is spoken' })
  }
})
