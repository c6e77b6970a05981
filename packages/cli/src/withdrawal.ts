import { readFile, stat, writeFile } from 'node:fs/promises'
import { OperationError } from '@peerwright/core'
import { MAX_WITHDRAWAL_BYTES } from '@peerwright/identity'
import { acceptWithdrawal, type WithdrawalSetting, writeWithdrawal } from '@peerwright/node'
import { profileOf } from './chain-params.ts'
import { knownIdentityOf } from './data-folder.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** What `peerwright withdraw` is told. */
export interface WithdrawOptions {
  readonly spec: string
  readonly data: string
  readonly out: string
  /** What the node will offer from now on */
  readonly offer: readonly string[]
}

/**
 * Writes the word of the node in a data folder that it offers the hybrid no more.
 *
 * @throws UsageError where the network has nothing else, or the file is there already
 * @throws PeerFault when the list is not one, OperationError `identity-unreadable`
 */
export async function writeStatement ({ spec, data, out, offer }: WithdrawOptions, output: Output): Promise<void> {
  const { network, policy } = await profileOf(spec)
  if (policy.channels.hybrid === 'require' || network.requiredSecurity === 'hybrid') {
    throw new UsageError('this network takes the hybrid and nothing else: a node that offers it no more could talk to nobody')
  }
  const encrypters = offer.length === 0 ? ['/noise', ...policy.channels.tls === 'allowed' ? ['/tls/1.0.0'] : []] : offer
  const identity = await knownIdentityOf(data)
  const nowMs = Date.now()
  const { statement, certified } = await writeWithdrawal(identity, { encrypters, nowMs })
  try {
    await writeFile(out, statement, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw new UsageError(`--out: ${out} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const peerId = identity.publicKey.toString()
  output.result({ ok: true, peerId, file: out, encrypters, timeSeconds: Math.floor(nowMs / 1_000), signatures: certified ? 2 : 1 },
    `${out} says, signed by ${certified ? 'both keys' : 'the identity'} of ${peerId}, that it offers ${encrypters.join(', ')} and no hybrid; others take it with --withdrawal.`)
}

/**
 * Has a peer forgotten that had a hybrid channel, on the word that it has signed.
 *
 * @throws UsageError where there is nothing to forget, or the file cannot be read
 * @throws OperationError `withdrawal-refused`, with the fault as its cause
 */
export async function withdraw (path: string, setting: WithdrawalSetting): Promise<void> {
  try {
    await acceptWithdrawal(await read(path), setting)
  } catch (error) {
    if (!(error instanceof OperationError)) {
      throw error
    }
    const message = `--withdrawal: ${path}: ${error.message}`
    throw error.code === 'not-remembered' ? new UsageError(message) : new OperationError(error.code, message, { cause: error.cause })
  }
}

async function read (path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MAX_WITHDRAWAL_BYTES) {
      throw new RangeError(`it has ${size} bytes`)
    }
    return new Uint8Array(await readFile(path))
  } catch (error) {
    throw new UsageError(`--withdrawal: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
