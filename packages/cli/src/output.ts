import { stderr, stdout } from 'node:process'

/** Time between two lines of progress where lines cannot be drawn over, in milliseconds. */
const LINE_INTERVAL_MS = 2_000

/** What the command says: results on standard output, everything else on standard error. */
export class Output {
  readonly json: boolean
  #broken = false
  #drawn = false
  #lineMs = -Infinity

  constructor (json: boolean) {
    this.json = json
  }

  /** Whether standard output cannot be written any more */
  get broken (): boolean {
    return this.#broken
  }

  /**
   * Hears of a full disk, and of a reader that has gone. Without standard output the command is over, for nobody hears its result;
   * what standard error does not take is not told.
   */
  watch (onBroken: () => void): void {
    stderr.on('error', () => {})
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#broken) {
        this.#broken = true
        // Who closes a pipe, such as `head`, has what he wants
        if (error.code !== 'EPIPE') {
          stderr.write(`peerwright: standard output cannot be written: ${error.code ?? error.message}\n`)
        }
        onBroken()
      }
    })
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
    this.text(this.json ? JSON.stringify(value) : text)
  }

  /** Text as it stands, whoever reads it. */
  text (text: string): void {
    if (!this.#broken) {
      stdout.write(`${text}\n`)
    }
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
