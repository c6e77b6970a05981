import assert from 'node:assert/strict'
import { needs, type RunningTest } from '../../src/index.ts'

class Skipped extends Error {}

const skip = (): never => { throw new Skipped() }

describe('needs', () => {
  it('lets a test run that has what it needs, and skips another with the reason in its title', () => {
    const running: RunningTest = { test: { title: 'reads sockets', type: 'test', parent: { title: 'ports' } }, skip }
    needs(running, true, 'no /proc')
    assert.equal(running.test?.title, 'reads sockets')
    assert.throws(() => { needs(running, false, 'no /proc') }, Skipped)
    assert.deepEqual([running.test?.title, running.test?.parent?.title], ['reads sockets [skipped: no /proc]', 'ports'])
  })

  it('skips a suite from a hook with the reason in the title of the suite', () => {
    const running: RunningTest = { test: { title: '"before all" hook', type: 'hook', parent: { title: 'Wireshark' } }, skip }
    assert.throws(() => { needs(running, false, 'no tshark') }, Skipped)
    assert.equal(running.test?.parent?.title, 'Wireshark [skipped: no tshark]')
  })
})
