import type { BlockId } from '@peerwright/interface'
import { z } from 'zod'
import { MAX_ID_CHARACTERS, MAX_MESSAGE_BYTES, MAX_U32, MIN_MESSAGE_BYTES } from './constants.ts'
import { bytes4, id32, oneOf, table, whole, work } from './values.ts'

/** How often the target is set anew: Bitcoin's rule with its two numbers, or never. */
export type Retarget = { readonly intervalBlocks: number, readonly targetTimespanSeconds: number } | 'none'

/** The proof of work that headers carry. */
export interface ProofOfWork {
  /** The easiest target that is allowed, in compact form */
  readonly powLimitBits: number
  readonly retarget: Retarget
}

/**
 * What a node and its peers must agree on. Hashed into `networkId`; a difference ends the handshake with `wrong-network`.
 */
export interface NetworkSpec {
  /** Prefix of the stream protocols, `/<id>/live/1` and `/<id>/bulk/1` */
  readonly id: string
  /** Id of the first block, 64 lower-case hexadecimal digits; `required` where only the embedder's chain knows it */
  readonly genesis: BlockId
  /** First bytes of a message in the classic framing */
  readonly magic: readonly [number, number, number, number]
  /** Version we speak */
  readonly protocolVersion: number
  /** Lowest version we talk to */
  readonly minProtocolVersion: number
  /** Largest payload of one message, in bytes */
  readonly maxMessageBytes: number
  /** Largest block, in bytes; at most `maxMessageBytes` */
  readonly maxBlockBytes: number
  /** `bitcoin`: 80 bytes, double SHA-256. `custom`: the embedder's chain reads it */
  readonly headerFormat: 'bitcoin' | 'custom'
  /** `bitcoin`: with or without witness. `custom`: the embedder's pool reads it */
  readonly transactionFormat: 'bitcoin' | 'custom'
  /** `none`: the embedder's chain alone judges work */
  readonly pow: ProofOfWork | 'none'
  /** Headers are stored only once their chain has this much work */
  readonly minimumChainWork: bigint
  /** What a channel must withstand: `identity` asks for a post-quantum identity proof, `hybrid` for a post-quantum key exchange too */
  readonly requiredSecurity: 'none' | 'identity' | 'hybrid'
}

const retarget = z.union([
  z.literal('none'),
  table({ intervalBlocks: whole(1, MAX_U32), targetTimespanSeconds: whole(1, MAX_U32) })
], { error: '"none", or { intervalBlocks, targetTimespanSeconds }, each a whole number of at least 1' })

const pow = z.union([
  z.literal('none'),
  table({ powLimitBits: whole(1, MAX_U32), retarget })
], { error: '"none", or { powLimitBits = 1 to 4294967295, retarget = "none" or { intervalBlocks, targetTimespanSeconds } }' })

const idPattern = new RegExp(`^[a-z][a-z0-9-]{0,${MAX_ID_CHARACTERS - 1}}$`)

/** The form of a `NetworkSpec`. */
export const networkSchema: z.ZodType<NetworkSpec> = table({
  id: z.string({ error: `1 to ${MAX_ID_CHARACTERS} of a-z, 0-9 and -, beginning with a letter` })
    .regex(idPattern, { error: `1 to ${MAX_ID_CHARACTERS} of a-z, 0-9 and -, beginning with a letter` }),
  genesis: id32('required'),
  magic: bytes4(),
  protocolVersion: whole(1, MAX_U32),
  minProtocolVersion: whole(1, MAX_U32),
  maxMessageBytes: whole(MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES),
  maxBlockBytes: whole(MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES),
  headerFormat: oneOf('bitcoin', 'custom'),
  transactionFormat: oneOf('bitcoin', 'custom'),
  pow,
  minimumChainWork: work(),
  requiredSecurity: oneOf('none', 'identity', 'hybrid')
}).check(context => {
  const { value, issues } = context
  if (value.minProtocolVersion > value.protocolVersion) {
    issues.push({
      code: 'custom', input: value.minProtocolVersion, path: ['minProtocolVersion'],
      message: `at most protocolVersion, which is ${value.protocolVersion}`
    })
  }
  if (value.maxBlockBytes > value.maxMessageBytes) {
    issues.push({
      code: 'custom', input: value.maxBlockBytes, path: ['maxBlockBytes'],
      message: `at most maxMessageBytes, which is ${value.maxMessageBytes}: a block travels as one message`
    })
  }
})
