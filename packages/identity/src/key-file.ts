import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises'
import { platform } from 'node:os'
import { dirname } from 'node:path'
import { OperationError, type Random, toHex } from '@peerwright/core'
import type { DsaSecret } from './dsa-secret.ts'
import { decodeKeyRecord, encodeKeyRecord, MAX_KEY_RECORD_BYTES } from './key-record.ts'

/** The owner may read and write, nobody else anything. */
const MODE = 0o600
const OTHERS = 0o077

/**
 * The ML-DSA key in a file that only its owner may read.
 *
 * @returns undefined where there is no file
 * @throws OperationError `key-file-exposed`, `key-file-damaged`, `key-file-unreadable`; each names the command that mends it
 */
export async function readKeyFile (path: string): Promise<DsaSecret | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isCode(error, 'ENOENT')) {
      return undefined
    }
    throw new OperationError('key-file-unreadable', `the key file ${path} cannot be opened: chown "$(whoami)" '${path}'`, { cause: error })
  }
  try {
    const { mode, size } = await file.stat()
    // Windows tells no rights of groups and others
    if (platform() !== 'win32' && (mode & OTHERS) !== 0) {
      throw new OperationError('key-file-exposed', `the key file ${path} is open to others than its owner: chmod 600 '${path}', and replace the key if anybody may have read it`)
    }
    if (size > MAX_KEY_RECORD_BYTES) {
      throw damaged(path, 'it is too long')
    }
    return readRecord(path, await file.readFile())
  } finally {
    await file.close()
  }
}

function readRecord (path: string, bytes: Uint8Array): DsaSecret {
  try {
    return decodeKeyRecord(bytes)
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : 'it cannot be read')
  }
}

/** Without the bytes that were read, and without a cause that may hold them. */
function damaged (path: string, what: string): OperationError {
  return new OperationError('key-file-damaged', `the key file ${path} is damaged (${what}): restore it from a copy, or mv '${path}' '${path}.damaged', and a new key is made`)
}

/**
 * Writes a key so that there is either the old file or the new one, whatever happens.
 *
 * @param replace - whether there may be a key already; without it an existing one stays
 * @throws OperationError `key-file-exists`, `key-file-unwritable`
 */
export async function writeKeyFile (path: string, secret: DsaSecret, random: Random, replace: boolean = false): Promise<void> {
  const draft = `${path}.${toHex(random.bytes(8))}.draft`
  try {
    await writeDraft(draft, encodeKeyRecord(secret))
    if (replace) {
      await rename(draft, path)
    } else {
      await link(draft, path)
      await unlink(draft)
    }
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw isCode(error, 'EEXIST')
      ? new OperationError('key-file-exists', `there is a key in ${path} already`)
      : new OperationError('key-file-unwritable', `the key file ${path} cannot be written`, { cause: error })
  }
}

async function writeDraft (path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', MODE)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The name is as durable as the bytes, where the system lets a folder be opened; Windows does not. */
async function syncFolder (path: string): Promise<void> {
  if (platform() !== 'win32') {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}

function isCode (error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
