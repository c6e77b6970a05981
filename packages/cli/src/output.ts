import { stderr, stdout } from 'node:process'

/** Time between two lines of progress where lines cannot be drawn over, in milliseconds. */
const LINE_INTERVAL_MS = 2_000

/** What the command says: results on standard output, everything else on standard error. */
export class Output {
  readonly json: boolean
  #drawn = false
  #lineMs = -Infinity

  constructor (json: boolean) {
    this.json = json
  }

  /** A line for a person. */
  say (text: string): void {
    this.#clear()
    if (!this.json) {
      stderr.write(`${text}\n`)
    }
  }

  /** A line about how far things are: drawn over the last one on a terminal, else every few seconds. */
  progress (text: string, nowMs: number): void {
    if (this.json) {
      return
    }
    if (stderr.isTTY) {
      stderr.write(`\r\x1b[2K${text.slice(0, stderr.columns - 1)}`)
      this.#drawn = true
    } else if (nowMs - this.#lineMs >= LINE_INTERVAL_MS) {
      this.#lineMs = nowMs
      stderr.write(`${text}\n`)
    }
  }

  /** The result: for programs one line of JSON, for people a text. */
  result (value: object, text: string): void {
    this.#clear()
    stdout.write(this.json ? `${JSON.stringify(value)}\n` : `${text}\n`)
  }

  #clear (): void {
    if (this.#drawn) {
      this.#drawn = false
      stderr.write('\r\x1b[2K')
    }
  }
}

/** Bytes as people read them. */
export function megabytes (bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
