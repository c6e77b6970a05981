import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'

function read (path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

function matches (text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(match => match[1] ?? ''))].sort()
}

describe('README', () => {
  const readme = read('../../README.md')

  it('has a row for each code of an OperationError, and none for anything else', () => {
    const source = readdirSync(new URL('../../src/', import.meta.url)).map(name => read(`../../src/${name}`)).join('\n')
    const codes = matches(source, /OperationError\(\s*(?:full \? )?'([a-z-]+)'/g)
    const table = readme.slice(readme.indexOf('## Errors'), readme.indexOf('## Files'))
    assert.deepEqual(matches(table, /^\| `([a-z-]+)` \|/gm), [...new Set([...codes, 'write-failed'])].sort())
  })

  it('has a row for each option', () => {
    const fields = (file: string, name: string): string[] => matches(read(file).split(`interface ${name} {`)[1]?.split('\n}')[0] ?? '', /^ {2}readonly (\w+)\??:/gm)
    const options = [
      ...fields('../../src/chain-store.ts', 'ChainStoreOptions'), ...fields('../../src/params.ts', 'ChainParams').map(name => `params.${name}`)
    ]
    const table = readme.slice(readme.indexOf('## Options'), readme.indexOf('## Errors'))
    assert.deepEqual(matches(table, /^\| `([\w.]+)` \|/gm), options.sort())
  })
})
