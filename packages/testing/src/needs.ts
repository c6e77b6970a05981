interface Titled {
  title: string
}

/** What `needs` uses of a test of mocha's, or of a hook before tests. */
export interface RunningTest {
  readonly test?: Titled & { readonly type?: string, readonly parent?: Titled | undefined } | undefined
  skip(): never
}

/**
 * Skips a test for want of something, and says in its title what that is: whoever reads the list of skipped tests knows what to bring. In
 * a hook it is the title of the suite.
 *
 * @param there - whether it is there
 * @param missing - what is missing, such as `no tshark`
 */
export function needs (running: RunningTest, there: boolean, missing: string): asserts there {
  if (!there) {
    const { test } = running
    const titled = test?.type === 'hook' ? test.parent : test
    if (titled !== undefined) {
      titled.title += ` [skipped: ${missing}]`
    }
    running.skip()
  }
}
