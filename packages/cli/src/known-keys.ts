import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, OperationError } from '@peerwright/core'
import { decodePins, encodePins, Pins } from '@peerwright/identity'

/** Longest file that is read, in bytes. Derived: 10,000 pins of 3 + 256 + 32 + 4 + 1 bytes, and what frames them. */
const MAX_FILE_BYTES = 2_960_064

/** Which peers have which ML-DSA keys, kept in `pins.bin` from run to run. */
export class KnownKeys {
  readonly pins: Pins = new Pins()
  readonly #path: string
  #saved: Uint8Array = encodePins([])

  private constructor (path: string) {
    this.#path = path
  }

  /** @throws OperationError `pins-unreadable`: to begin anew in silence would believe whoever comes first */
  static async open (data: string): Promise<KnownKeys> {
    const keys = new KnownKeys(join(data, 'pins.bin'))
    try {
      const { size } = await stat(keys.#path)
      if (size > MAX_FILE_BYTES) {
        throw new RangeError(`it has ${size} bytes`)
      }
      keys.#saved = new Uint8Array(await readFile(keys.#path))
      for (const pin of decodePins(keys.#saved)) {
        keys.pins.learn(pin)
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw new OperationError('pins-unreadable', `${keys.#path} cannot be read: move it away, and every peer's key is learned anew`, { cause: error })
      }
    }
    return keys
  }

  /** Writes the file anew if there is anything new; a crash leaves the old one or the new one. */
  async save (): Promise<void> {
    const bytes = encodePins(this.pins.toArray())
    if (equalBytes(bytes, this.#saved)) {
      return
    }
    const file = await open(`${this.#path}.new`, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${this.#path}.new`, this.#path)
    this.#saved = bytes
  }
}
