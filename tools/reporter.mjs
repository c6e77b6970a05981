// The reporter of `npm test`: one line a test, then failures, then what was skipped, and as the very last line the count.
import mocha from 'mocha'

const { Base } = mocha.reporters
const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  mocha.Runner.constants

/** How long after the last test a handle may stay open before it counts as a leak. */
const LEAK_GRACE_MS = 10_000

const duration = test => test.speed === 'fast' ? '' : ` (${test.duration} ms)`

export default class Reporter extends Base {
  #depth = -1
  #skipped = []

  constructor (runner, options) {
    super(runner, options)

    runner.on(EVENT_SUITE_BEGIN, suite => {
      this.#depth++

      if (!suite.root) {
        this.#line(Base.color('suite', suite.title), this.#depth - 1)
      }
    })
    runner.on(EVENT_SUITE_END, () => { this.#depth-- })
    runner.on(EVENT_TEST_PASS, test => { this.#line(`${Base.color('checkmark', 'ok')} ${test.title}${duration(test)}`) })
    runner.on(EVENT_TEST_FAIL, test => { this.#line(Base.color('fail', `FAILED ${test.title}`)) })
    runner.on(EVENT_TEST_PENDING, test => {
      this.#skipped.push(test.fullTitle())
      this.#line(Base.color('pending', `skipped ${test.title}`))
    })
    runner.once(EVENT_RUN_END, () => { this.#end() })
  }

  #line (text, depth = this.#depth) {
    console.log('%s%s', '  '.repeat(Math.max(depth, 0)), text)
  }

  #end () {
    if (this.failures.length > 0) {
      console.log('\nFailed:')
      Base.list(this.failures)
    }

    if (this.#skipped.length > 0) {
      console.log('\nSkipped:')
      this.#skipped.forEach(title => { console.log('  %s', title) })
    }

    console.log('\nran in %d s on Node %s', Math.round(this.stats.duration / 100) / 10, process.versions.node)
    this.#summary()
    this.#watchForLeaks()
  }

  #summary (extraFailures = 0) {
    const { passes, failures, pending } = this.stats

    console.log('%d passed, %d failed, %d skipped', passes, failures + extraFailures, pending)
  }

  // Mocha runs without --exit, so an open handle would hang the run for ever. The timer is unreferenced: it fires only
  // when something else keeps the process alive.
  #watchForLeaks () {
    const timer = setTimeout(() => {
      console.error('\nThe tests are done but the process does not end. Still open: %s', process.getActiveResourcesInfo().join(', '))
      this.#summary(1)
      // Mocha sets the exit code to its own count in an exit listener; this one comes after it.
      process.once('exit', () => { process.exitCode = 1 })
      process.exit()
    }, LEAK_GRACE_MS)

    timer.unref()
  }
}
