import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import { STICKY_PEERS, type StickyEntry, StickyMemory } from '@peerwright/transport'

/** The form of the file. */
const FORM = 1

/** Longest file that is read, in bytes. Derived: 10,000 entries of 288 bytes; a PeerId has at most 256 characters. */
const MAX_FILE_BYTES = 2_880_000

/** Which peers had a hybrid channel, kept in `channels.json` from run to run. */
export class ChannelMemory {
  readonly memory: StickyMemory
  readonly #path: string
  #saved: number
  #saving: Promise<void> = Promise.resolve()

  private constructor (path: string, memory: StickyMemory) {
    this.#path = path
    this.memory = memory
    this.#saved = memory.revision
  }

  /** @throws OperationError `channels-unreadable`: to begin anew in silence would lift what the file is there for */
  static async open (data: string): Promise<ChannelMemory> {
    const path = join(data, 'channels.json')
    try {
      const { size } = await stat(path)
      if (size > MAX_FILE_BYTES) {
        throw new RangeError(`it has ${size} bytes`)
      }
      return new ChannelMemory(path, new StickyMemory(entriesOf(JSON.parse(await readFile(path, 'utf8')))))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return new ChannelMemory(path, new StickyMemory())
      }
      throw new OperationError('channels-unreadable', `${path} cannot be read: move it away, and no peer is held to its hybrid channel any more`, { cause: error })
    }
  }

  /** Writes the file anew if there is anything new; a crash leaves the old one or the new one. */
  async save (): Promise<void> {
    const saved = this.#saving.then(async () => { await this.#save() })
    // Whoever asked hears of a failure; the next one tries again
    this.#saving = saved.catch(() => {})
    await saved
  }

  async #save (): Promise<void> {
    const { revision } = this.memory
    if (revision === this.#saved) {
      return
    }
    const file = await open(`${this.#path}.new`, 'w', 0o600)
    try {
      await file.writeFile(`${JSON.stringify({ form: FORM, hybrid: this.memory.entries() })}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${this.#path}.new`, this.#path)
    this.#saved = revision
  }
}

function entriesOf (value: unknown): readonly StickyEntry[] {
  const { form, hybrid } = value as { readonly form?: unknown, readonly hybrid?: unknown }
  if (form !== FORM || !Array.isArray(hybrid) || hybrid.length > STICKY_PEERS) {
    throw new TypeError('it has another form')
  }
  return hybrid.map((entry: unknown) => {
    const [peer, seenMs] = Array.isArray(entry) ? entry as unknown[] : []
    if (typeof peer !== 'string' || typeof seenMs !== 'number') {
      throw new TypeError('an entry has another form')
    }
    return [peer, seenMs]
  })
}
