import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { MESSAGES } from '../../src/index.ts'

describe('README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

  it('has the row of each message, in order, with the type, stream, limit and owner that the code has', () => {
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(row => row.slice(1).map(cell => cell.trim()))
    const limit = (maxBytes: number | 'block'): string => maxBytes === 'block' ? 'largest block' : maxBytes.toLocaleString('en')
    assert.deepEqual(rows, MESSAGES.map(row => [row.name, type(row.type), row.stream, limit(row.maxBytes), row.owner]))
  })
})

function type (number: number): string {
  return `0x${number.toString(16).padStart(2, '0')}`
}
