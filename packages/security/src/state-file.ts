import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { OperationError } from '@peerwright/core'
import { MAX_STATE_BYTES } from './constants.ts'

/** What a file holds: of which kind, in which version of its form, since when. */
interface StoredState {
  readonly kind: string
  readonly schema: number
  /** Wall clock, milliseconds since the epoch */
  readonly savedAtMs: number
  readonly data: unknown
}

/** What was found. */
export type StateRead =
  | { readonly found: 'nothing' }
  | { readonly found: 'state', readonly savedAtMs: number, readonly data: unknown }
  /** The file is not what we wrote, or of a newer version; it is kept under another name */
  | { readonly found: 'damaged' | 'future', readonly movedTo: string }

/** A small file that is always whole: written beside and put in place at once, or not at all. */
export class StateFile {
  readonly path: string
  readonly #kind: string
  readonly #schema: number

  /** @param schema - the version of the form that is written, and the newest that is read */
  constructor (path: string, kind: string, schema: number) {
    this.path = path
    this.#kind = kind
    this.#schema = schema
  }

  /** Reads the file. One that cannot be used is put aside under a name that says why. @throws OperationError `storage` */
  async read (): Promise<StateRead> {
    const text = await this.#text()
    if (text === undefined) {
      return { found: 'nothing' }
    }
    const state = parse(text)
    if (state?.kind !== this.#kind) {
      return await this.setAside('damaged')
    }
    return state.schema > this.#schema ? await this.setAside('future') : { found: 'state', savedAtMs: state.savedAtMs, data: state.data }
  }

  /** Keeps the file under another name, so that a new one does not overwrite what a person may want to look at. @throws OperationError `storage` */
  async setAside (found: 'damaged' | 'future'): Promise<StateRead> {
    const movedTo = `${this.path}.${found}`
    await this.#guarded(async () => { await rename(this.path, movedTo) })
    return { found, movedTo }
  }

  /** Writes the file. @throws OperationError `storage` */
  async write (data: unknown, wallMs: number): Promise<void> {
    const state: StoredState = { kind: this.#kind, schema: this.#schema, savedAtMs: Math.round(wallMs), data }
    const beside = `${this.path}.${randomUUID()}.tmp`
    await this.#guarded(async () => {
      try {
        const file = await open(beside, 'wx', 0o600)
        try {
          await file.writeFile(JSON.stringify(state))
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(beside, this.path)
      } catch (error) {
        await rm(beside, { force: true })
        throw error
      }
    })
  }

  /** The text of the file; an empty one where it is larger than any that we write. */
  async #text (): Promise<string | undefined> {
    return await this.#guarded(async () => {
      try {
        const { size } = await stat(this.path)
        return size > MAX_STATE_BYTES ? '' : await readFile(this.path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          return undefined
        }
        throw error
      }
    })
  }

  async #guarded<T> (what: () => Promise<T>): Promise<T> {
    try {
      return await what()
    } catch (error) {
      throw new OperationError('storage', `${this.path} cannot be read or written`, { cause: error })
    }
  }
}

function parse (text: string): StoredState | undefined {
  try {
    const state = JSON.parse(text) as Partial<StoredState> | null
    const valid = typeof state?.kind === 'string' && Number.isInteger(state.schema) && Number.isSafeInteger(state.savedAtMs)
    return valid ? state as StoredState : undefined
  } catch {
    return undefined
  }
}
