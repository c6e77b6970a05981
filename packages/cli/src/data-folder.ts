import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { OperationError } from '@peerwright/core'

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
  const path = join(data, 'identity.key')
  const known = await readIfThere(path)
  if (known !== undefined) {
    try {
      return privateKeyFromProtobuf(known)
    } catch (error) {
      throw new OperationError('identity-unreadable', `${path} is no identity: move it away, and a new one is made`, { cause: error })
    }
  }
  const key = await generateKeyPair('Ed25519')
  const file = await open(path, 'wx', 0o600)
  await file.writeFile(privateKeyToProtobuf(key))
  await file.close()
  return key
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
