import type { Discovery } from '../../src/index.ts'

/** What a discovery told, as lines of text, and a way to wait for one. */
export class DiscoveryLog {
  readonly lines: string[] = []
  #waiting: Array<{ readonly done: () => boolean, readonly resolve: () => void }> = []

  constructor (discovery: Pick<Discovery, 'observe'>) {
    discovery.observe({
      found: (source, count) => { this.#add(`found ${source} ${count}`) },
      sourceFailed: (source, code) => { this.#add(`source-failed ${source} ${code}`) },
      fallback: reason => { this.#add(`fallback ${reason}`) },
      dialled: ({ address }) => { this.#add(`dialled ${address.toString()}`) },
      connected: ({ address }) => { this.#add(`connected ${address.toString()}`) },
      dialFailed: ({ address }, code) => { this.#add(`dial-failed ${address.toString()} ${code}`) }
    })
  }

  count (start: string): number {
    return this.lines.filter(line => line.startsWith(start)).length
  }

  /** Resolves when `times` lines begin with `start`. */
  async seen (start: string, times = 1): Promise<void> {
    const done = (): boolean => this.count(start) >= times
    if (!done()) {
      await new Promise<void>(resolve => { this.#waiting.push({ done, resolve }) })
    }
  }

  #add (line: string): void {
    this.lines.push(line)
    this.#waiting.filter(({ done }) => done()).forEach(({ resolve }) => { resolve() })
  }
}
