import type { z } from 'zod'
import { ip, list, oneOf, peerId, port, table, text } from './values.ts'

/** A peer that everybody knows from the beginning: its keys are pinned, it is not looked up in a registry (REQUIREMENTS 5.4). */
export interface GenesisPeer {
  /** Bootstrap id */
  readonly id: '001' | '002' | '003' | '004' | '005'
  readonly peerId: string
  /** Suite of its ML-DSA key */
  readonly suite: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'
  /** That key, in lower-case hexadecimal digits */
  readonly publicKey: string
  /** Where it is to be found; 1 to 8 */
  readonly addresses: ReadonlyArray<{ readonly ip: string, readonly port: number }>
}

/** Bytes of a public key (FIPS 204, table 2). */
const KEY_BYTES: Readonly<Record<GenesisPeer['suite'], number>> = { 'ml-dsa-44': 1_312, 'ml-dsa-65': 1_952, 'ml-dsa-87': 2_592 }

const MAX_KEY_DIGITS: number = 2 * Math.max(...Object.values(KEY_BYTES))
const MAX_ADDRESSES = 8

const genesisPeer: z.ZodType<GenesisPeer> = table({
  id: oneOf('001', '002', '003', '004', '005'),
  peerId: peerId(),
  suite: oneOf('ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'),
  publicKey: text(MAX_KEY_DIGITS, 'a public key of ML-DSA in lower-case hexadecimal digits', value => /^[0-9a-f]+$/.test(value)),
  addresses: list(table({ ip: ip(), port: port() })).min(1, { error: 'at least one address' }).max(MAX_ADDRESSES, { error: `at most ${MAX_ADDRESSES} addresses` })
}).check(({ value: { suite, publicKey }, issues }) => {
  if (publicKey.length !== 2 * KEY_BYTES[suite]) {
    issues.push({ code: 'custom', path: ['publicKey'], input: publicKey, message: `${2 * KEY_BYTES[suite]} hexadecimal digits, as keys of ${suite} have` })
  }
})

/** The form of the genesis peers of a network: none is there twice. */
export const genesisPeersSchema: z.ZodType<readonly GenesisPeer[]> = list(genesisPeer).check(({ value, issues }) => {
  for (const [index, peer] of value.entries()) {
    if (value.slice(0, index).some(other => other.id === peer.id || other.peerId === peer.peerId)) {
      issues.push({ code: 'custom', path: [index], input: peer.id, message: 'a bootstrap id and a peer that are not in the list yet' })
    }
  }
})
