import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** What a bcoin node says of itself. */
export interface Report {
  readonly tip: string
  readonly height: number
  readonly port?: number
  readonly mined?: boolean
  readonly error?: string
}

/** A bcoin node in a process of its own. */
export class BcoinProcess {
  readonly #child: ChildProcess
  readonly #reports: Report[] = []
  #wake: () => void = () => {}

  /** @param dialPort - where on loopback it gets the chain from; absent for one that only listens */
  constructor (dialPort?: number) {
    this.#child = fork(file('bcoin-node.mjs'), dialPort === undefined ? [] : [String(dialPort)], {
      execArgv: ['--no-deprecation', '--import', file('plain-javascript.mjs')],
      env: { ...process.env, NODE_OPTIONS: '' }
    })
    this.#child.on('message', report => {
      this.#reports.push(report as Report)
      this.#wake()
    })
    this.#child.once('exit', () => {
      this.#reports.push({ tip: '', height: -1, error: 'bcoin is gone' })
      this.#wake()
    })
  }

  /** The first report that is so, past or to come; an error that bcoin reports is thrown. */
  async report (isSo: (report: Report) => boolean): Promise<Report> {
    for (let next = 0; ; next++) {
      const report = this.#reports[next] ?? await this.#next(next)
      if (report.error !== undefined) {
        throw new Error(report.error)
      }
      if (isSo(report)) {
        return report
      }
    }
  }

  /** Mines blocks, and as many behind them with transactions. */
  mine (blocks: number, spending: number): void {
    this.#child.send({ mine: blocks, spend: spending })
  }

  async stop (): Promise<void> {
    if (this.#child.exitCode === null) {
      const gone = new Promise(resolve => { this.#child.once('exit', resolve) })
      this.#child.send({ stop: true })
      await gone
    }
  }

  async #next (index: number): Promise<Report> {
    await new Promise<void>(resolve => { this.#wake = resolve })
    return this.#reports[index] as Report
  }
}
