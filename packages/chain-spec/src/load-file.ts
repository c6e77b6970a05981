import { open } from 'node:fs/promises'
import { MAX_SHOWN_SOURCE_CHARACTERS, MAX_SPEC_BYTES } from './constants.ts'
import { shown, SpecError } from './errors.ts'
import { parseChainSpec, tooLarge } from './parse-spec.ts'
import type { NetworkProfile } from './profile.ts'

/**
 * Reads a chain spec from a file, of which at most `MAX_SPEC_BYTES` are ever read.
 *
 * @throws SpecError as `parseChainSpec`, and `unreadable` when there is no such file, it may not be read, or it is not UTF-8
 */
export async function loadChainSpec (file: string): Promise<NetworkProfile> {
  return parseChainSpec(await readText(file), file)
}

async function readText (file: string): Promise<string> {
  try {
    const handle = await open(file, 'r')
    try {
      // One byte more than allowed tells "too large" from "just fits"; the size that stat reports is not to be trusted
      const { bytesRead, buffer } = await handle.read(new Uint8Array(MAX_SPEC_BYTES + 1), 0, MAX_SPEC_BYTES + 1, 0)
      if (bytesRead > MAX_SPEC_BYTES) {
        throw tooLarge({ source: file })
      }
      return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead))
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof SpecError) {
      throw cause
    }
    // The decoder throws a TypeError; what the file system throws carries its errno
    const failed = cause instanceof Error && 'errno' in cause && 'code' in cause
    const value = failed ? String(cause.code) : 'bytes that are not UTF-8'
    throw new SpecError('unreadable', [{ path: '', value, expected: `a readable file ${shown(file, MAX_SHOWN_SOURCE_CHARACTERS)}` }], { cause })
  }
}
