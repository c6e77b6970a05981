import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'
import { UsageError } from './usage-error.ts'

/** The file of the identity in a data folder. */
const IDENTITY = 'identity.key'

/** The chain store below a data folder. */
export function chainFolder (data: string): string {
  return join(data, 'chain')
}

/**
 * The node's identity, kept in `identity.key`, which only its owner may read; made when it is not there.
 *
 * @throws OperationError `identity-unreadable`
 */
export async function identityOf (data: string): Promise<PrivateKey> {
  await mkdir(data, { recursive: true, mode: 0o700 })
  const path = join(data, IDENTITY)
  const known = await readIdentity(path)
  if (known !== undefined) {
    return known
  }
  const key = await generateKeyPair('Ed25519')
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(privateKeyToProtobuf(key))
  await file.close()
  return key
}

/**
 * The identity of a node that has one.
 *
 * @throws OperationError `identity-unreadable`, UsageError where there is none
 */
export async function knownIdentityOf (data: string): Promise<PrivateKey> {
  const known = await readIdentity(join(data, IDENTITY))
  if (known === undefined) {
    throw new UsageError(`${data} holds no identity`)
  }
  return known
}

async function readIdentity (path: string): Promise<PrivateKey | undefined> {
  const known = await readIfThere(path)
  try {
    return known && privateKeyFromProtobuf(known)
  } catch (error) {
    throw new OperationError('identity-unreadable', `${path} is no identity: move it away, and a new one is made`, { cause: error })
  }
}

async function readIfThere (path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined
    }
    throw new OperationError('identity-unreadable', `${path} cannot be read`, { cause: error })
  }
}
