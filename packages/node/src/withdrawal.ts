import type { PrivateKey } from '@libp2p/interface'
import type { NetworkProfile } from '@peerwright/chain-spec'
import { OperationError, PeerFault } from '@peerwright/core'
import { checkWithdrawal, decodeWithdrawal, encodeWithdrawal, loadSuites, Pins, signWithdrawal, SUITES, type Withdrawal } from '@peerwright/identity'
import type { PeerIdText, Signer } from '@peerwright/interface'
import { checkWithdrawn, NOISE_ID, type StickyMemory } from '@peerwright/transport'
import { identityKeys, type IdentityOptions, learnGenesis } from './identity.ts'

/** What a withdrawal is held against. */
export interface WithdrawalSetting {
  readonly profile: NetworkProfile
  readonly memory: StickyMemory
  /** What is known of the keys of peers, besides those that the profile names: a peer whose key is known must have signed with it. @default nothing */
  readonly pins?: Pins
  /** Milliseconds since 1970 */
  readonly nowMs: number
}

/**
 * Has a peer forgotten that had a hybrid channel, on the word that it has signed: with its identity, and with its ML-DSA key where one is
 * known.
 *
 * @returns the peer
 * @throws OperationError `withdrawal-refused` with the fault as its cause, `not-remembered` when the peer is held to no hybrid channel
 */
export async function acceptWithdrawal (statement: Uint8Array, { profile, memory, pins = new Pins(), nowMs }: WithdrawalSetting): Promise<PeerIdText> {
  const nowSeconds = Math.floor(nowMs / 1_000)
  learnGenesis(pins, profile.policy, nowSeconds)
  let said: Withdrawal
  let known: boolean
  try {
    said = await checkWithdrawal(decodeWithdrawal(statement), { nowSeconds, suites: await loadSuites(SUITES, { allowSlowSignatures: true }), pins })
    known = memory.withdraw(said, nowMs)
  } catch (error) {
    throw error instanceof PeerFault ? new OperationError('withdrawal-refused', `the withdrawal is refused (${error.code}): ${error.message}`, { cause: error }) : error
  }
  if (!known) {
    throw new OperationError('not-remembered', 'the withdrawal is of no peer that had a hybrid channel')
  }
  return said.peerId
}

/** What a node says that offers the hybrid no more. */
export interface WithdrawalInit {
  /** What it will offer from now on, the best first. @default `/noise` */
  readonly encrypters?: readonly string[]
  /** The ML-DSA key, where it is not the one that follows from the identity */
  readonly identity?: Pick<IdentityOptions, 'secret' | 'suites' | 'backends'>
  /** Milliseconds since 1970: later than the last hybrid channel with whoever shall believe it */
  readonly nowMs: number
}

/**
 * Writes the word of a node that it offers the hybrid no more, signed with its identity and with its ML-DSA key; an identity that gives
 * no such key, and has none beside it, signs alone.
 *
 * @returns the statement for `acceptWithdrawal` of others, and whether both keys have signed
 * @throws PeerFault `hybrid-offered`, `bad-withdrawal`, `bad-name` when the list is not one
 */
export async function writeWithdrawal (
  privateKey: PrivateKey, { encrypters = [NOISE_ID], identity = {}, nowMs }: WithdrawalInit
): Promise<{ readonly statement: Uint8Array, readonly certified: boolean }> {
  checkWithdrawn(encrypters)
  const timeSeconds = Math.floor(nowMs / 1_000)
  const signer = await signerOf(privateKey, identity, timeSeconds)
  return { statement: encodeWithdrawal(await signWithdrawal(privateKey, { encrypters, timeSeconds }, signer)), certified: signer !== undefined }
}

async function signerOf (privateKey: PrivateKey, identity: IdentityOptions, nowSeconds: number): Promise<Signer | undefined> {
  try {
    return (await identityKeys(identity, privateKey, nowSeconds)).signer
  } catch (error) {
    if (error instanceof OperationError && error.code === 'no-seed') {
      return undefined
    }
    throw error
  }
}
