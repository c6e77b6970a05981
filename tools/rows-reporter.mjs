// Writes every test and what became of it as JSON into the file named by the reporter option "output" (see rows.mjs).
import { writeFileSync } from 'node:fs'
import mocha from 'mocha'

const { EVENT_RUN_END } = mocha.Runner.constants

export default class RowsReporter extends mocha.reporters.Base {
  constructor (runner, options) {
    super(runner, options)

    runner.once(EVENT_RUN_END, () => {
      const tests = []

      // Walks the tree instead of listening: a test that never ran, because a hook before it failed, has failed too.
      runner.suite.eachTest(test => {
        const outcome = test.isPending() ? 'skipped' : test.state === 'passed' ? 'passed' : 'failed'

        tests.push({ title: test.title, outcome })
      })

      const errors = this.failures.map(failure => ({ title: failure.fullTitle(), message: String(failure.err?.message ?? failure.err) }))

      writeFileSync(options.reporterOptions.output, JSON.stringify({ tests, errors }))
    })
  }
}
