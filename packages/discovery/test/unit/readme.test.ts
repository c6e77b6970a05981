import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DISCOVERY_DEFAULTS } from '../../src/index.ts'

describe('README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, options = ''] = /## Options\n([\s\S]*?)\n## /.exec(readme) ?? []
  const rows = new Map([...options.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name = '', value = '']) => [name, value.replaceAll(/[`']/g, '')]))

  it('has a row for each option, with its default', () => {
    const defaults = Object.entries(DISCOVERY_DEFAULTS).map(([name, value]) =>
      [name, Array.isArray(value) ? '[]' : typeof value === 'number' ? value.toLocaleString('en-US') : value])
    assert.deepEqual(Object.fromEntries(rows), { defaultPort: '-', ...Object.fromEntries(defaults) as Record<string, string> })
  })
})
