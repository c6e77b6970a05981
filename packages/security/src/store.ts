import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, OperationError } from '@peerwright/core'
import { type PeerScoring, restoreScores, SCORES_SCHEMA, type ScoringInit, snapshotScores } from '@peerwright/peer-scoring'
import type { BanList } from './ban-list.ts'
import { BANS_SCHEMA, restoreBans, snapshotBans } from './ban-snapshot.ts'
import { StateFile } from './state-file.ts'

/** What is stored. */
export interface StoredParts {
  readonly bans: BanList
  readonly scoring: PeerScoring
  readonly scoringInit: ScoringInit
  readonly clock: Clock
}

/** Keeps bans and scores in two files of a folder: `bans.json` and `scores.json`. */
export class AdmissionStore {
  readonly #parts: StoredParts
  readonly #folder: string
  readonly #bans: StateFile
  readonly #scores: StateFile
  #writing: Promise<void> = Promise.resolve()

  constructor (folder: string, parts: StoredParts) {
    this.#folder = folder
    this.#parts = parts
    this.#bans = new StateFile(join(folder, 'bans.json'), 'peerwright-bans', BANS_SCHEMA)
    this.#scores = new StateFile(join(folder, 'scores.json'), 'peerwright-scores', SCORES_SCHEMA)
  }

  /**
   * Reads both files, and makes the folder where there is none. One that cannot be used is put aside, and the node begins without.
   *
   * @returns what could not be used, as lines for the operator
   * @throws OperationError `storage`
   */
  async load (): Promise<string[]> {
    const { bans, scoring, scoringInit, clock } = this.#parts
    try {
      await mkdir(this.#folder, { recursive: true })
    } catch (error) {
      throw new OperationError('storage', `${this.#folder} cannot be made`, { cause: error })
    }
    return [
      ...await this.#read(this.#bans, data => { restoreBans(bans, data, clock.monotonic(), clock.now()) }),
      ...await this.#read(this.#scores, (data, savedAtMs) => {
        restoreScores(scoring, scoringInit, data, clock.monotonic(), clock.now() - savedAtMs)
      })
    ]
  }

  /** Writes both files, one time after the other. @throws OperationError `storage` */
  async save (): Promise<void> {
    const { bans, scoring, scoringInit, clock } = this.#parts
    const write = async (): Promise<void> => {
      await this.#bans.write(snapshotBans(bans, clock.monotonic(), clock.now()), clock.now())
      await this.#scores.write(snapshotScores(scoring, scoringInit, clock.monotonic()), clock.now())
    }
    const written = this.#writing.then(write)
    this.#writing = written.catch(() => undefined)
    await written
  }

  async #read (file: StateFile, use: (data: unknown, savedAtMs: number) => void): Promise<string[]> {
    let read = await file.read()
    if (read.found === 'state') {
      try {
        use(read.data, read.savedAtMs)
      } catch (error) {
        if (!(error instanceof OperationError && error.code === 'damaged')) {
          throw error
        }
        read = await file.setAside('damaged')
      }
    }
    return read.found === 'damaged' || read.found === 'future'
      ? [`${file.path} is ${read.found === 'future' ? 'of a newer version' : 'damaged'}: it is kept as ${read.movedTo}`]
      : []
  }
}
