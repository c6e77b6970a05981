import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
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

/** Makes a data folder where there is none. @throws OperationError `data-unusable` */
export async function makeDataFolder (data: string): Promise<void> {
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new OperationError('data-unusable', `${data} cannot be a data folder: ${codeOf(error)}`, { cause: error })
  }
}

/**
 * The node's identity, kept in `identity.key`, which only its owner may read; made when it is not there.
 *
 * @throws OperationError `identity-unreadable`, `data-unusable`
 */
export async function identityOf (data: string): Promise<PrivateKey> {
  await makeDataFolder(data)
  const path = join(data, IDENTITY)
  const known = await readIdentity(path)
  if (known !== undefined) {
    return known
  }
  const key = await generateKeyPair('Ed25519')
  await writeIdentity(path, privateKeyToProtobuf(key))
  return key
}

/** A crash or a full disk leaves no file or the whole one. */
async function writeIdentity (path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.new`
  try {
    const file = await open(unfinished, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw new OperationError('data-unusable', `${path} cannot be written: ${codeOf(error)}`, { cause: error })
  }
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
    throw new OperationError('identity-unreadable', `${path} cannot be read: ${codeOf(error)}`, { cause: error })
  }
}

/** What the system calls a failure, such as `ENOSPC`. */
export function codeOf (error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
