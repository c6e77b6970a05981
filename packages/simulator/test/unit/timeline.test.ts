import assert from 'node:assert/strict'
import { seededRandom, type Timer } from '@peerwright/core'
import { settle } from '../../src/settle.ts'
import { Timeline } from '../../src/timeline.ts'

const SEED = Number(process.env['PEERWRIGHT_SEED'] ?? Date.now() % 1_000_000)
const HISTORIES = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 200)
const noWork = async (): Promise<void> => { await Promise.resolve() }

/** What is scheduled, as a list that is sorted again each time. */
class NaiveTimeline {
  nowMs = 0
  readonly ran: string[] = []
  #waiting: Array<{ readonly atMs: number, readonly name: string }> = []

  schedule (delayMs: number, name: string): void {
    this.#waiting.push({ atMs: this.nowMs + Math.max(0, delayMs), name })
  }

  cancel (name: string): void {
    this.#waiting = this.#waiting.filter(timer => timer.name !== name)
  }

  run (untilMs: number): void {
    for (;;) {
      const [first] = this.#waiting.toSorted((a, b) => a.atMs - b.atMs)
      if (first === undefined || first.atMs > untilMs) {
        break
      }
      this.cancel(first.name)
      this.nowMs = first.atMs
      this.ran.push(`${first.atMs} ${first.name}`)
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
  }
}

describe('the timeline', () => {
  it('runs what a sorted list would run, in the same order at the same times', async () => {
    for (let history = 0; history < HISTORIES; history++) {
      const random = seededRandom(SEED + history)
      const timeline = new Timeline()
      const naive = new NaiveTimeline()
      const ran: string[] = []
      const timers = new Map<string, Timer>()
      let names = 0
      const schedule = (delayMs: number): void => {
        const name = `t${names++}`
        naive.schedule(delayMs, name)
        timers.set(name, timeline.schedule(delayMs, () => { ran.push(`${timeline.monotonic()} ${name}`) }))
      }
      for (let step = 0; step < 60; step++) {
        switch (random.below(4)) {
          case 0:
          case 1:
            schedule(random.below(20) - 2)
            break
          case 2: {
            const name = `t${random.below(Math.max(1, names))}`
            timers.get(name)?.cancel()
            naive.cancel(name)
            break
          }
          default: {
            const untilMs = timeline.monotonic() + random.below(15)
            naive.run(untilMs)
            assert.equal(await timeline.run(untilMs, noWork), false)
            assert.equal(timeline.monotonic(), naive.nowMs, `seed ${SEED + history}`)
          }
        }
        assert.deepEqual(ran, naive.ran, `seed ${SEED + history}`)
      }
      await timeline.run(1_000, noWork)
      naive.run(1_000)
      assert.deepEqual(ran, naive.ran, `seed ${SEED + history}`)
      assert.equal(timeline.events, ran.length)
    }
  })

  it('runs what a callback schedules for the same moment in that moment, after what was there', async () => {
    const timeline = new Timeline()
    const ran: string[] = []
    timeline.schedule(10, () => {
      ran.push('first')
      timeline.schedule(0, () => { ran.push(`third at ${timeline.monotonic()}`) })
    })
    timeline.schedule(10, () => { ran.push('second') })
    await timeline.run(10, noWork)
    assert.deepEqual(ran, ['first', 'second', 'third at 10'])
  })

  it('does not run what a callback of the same moment takes back', async () => {
    const timeline = new Timeline()
    const later: Timer[] = []
    timeline.schedule(5, () => { later[0]?.cancel() })
    later.push(timeline.schedule(5, () => { assert.fail('it was taken back') }))
    await timeline.run(10, noWork)
    assert.equal(timeline.events, 1)
  })

  it('lets promises go on before time passes', async () => {
    const timeline = new Timeline()
    const ran: string[] = []
    timeline.schedule(1, () => {
      void Promise.resolve().then(() => { timeline.schedule(1, () => { ran.push(`at ${timeline.monotonic()}`) }) })
    })
    timeline.schedule(5, () => { ran.push('at five') })
    await timeline.run(10, settle)
    assert.deepEqual(ran, ['at 2', 'at five'])
  })

  it('stops when it is told to, with the time of what told it', async () => {
    const timeline = new Timeline()
    let count = 0
    for (let atMs = 1; atMs <= 5; atMs++) {
      timeline.schedule(atMs, () => { count++ })
    }
    assert.equal(await timeline.run(10, noWork, () => count === 3), true)
    assert.deepEqual([count, timeline.monotonic(), timeline.now() - new Timeline().now()], [3, 3, 3])
  })
})
