import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { SYNC_DEFAULTS } from '@peerwright/sync'

function read (path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

function matches (text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(match => match[1] ?? ''))].sort()
}

const members = (file: string, name: string): string[] => matches(
  new RegExp(`interface ${name} [^{]*\\{([\\s\\S]*?)\\n\\}`).exec(read(`../../src/${file}`))?.[1] ?? '', /^ {2}(?:readonly )?(\w+)\??[:(]/gm
)

describe('README of sync', () => {
  const readme = read('../../README.md')
  const section = (title: string): string => readme.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

  it('has a row for each option, with its default', () => {
    assert.deepEqual(matches(section('Options'), /^\| `(\w+)`/gm), [...members('options.ts', 'SyncOptions'), ...members('options.ts', 'SyncInit')].sort())
    for (const [name, value] of Object.entries(SYNC_DEFAULTS)) {
      const text = typeof value === 'string' ? `'${value}'` : typeof value === 'bigint' ? `${value}n` : String(value)
      assert.ok(section('Options').includes(`| \`${name}\` | \`${text}\` |`), `${name} is ${text}`)
      assert.ok(read('../../src/options.ts').includes(`@default ${text}\n   */\n  readonly ${name}?`), `the comment of ${name} says ${text}`)
    }
  })

  it('has a row for each event', () => {
    assert.deepEqual(matches(section('Events'), /^\| `(\w+)`/gm), members('progress.ts', 'SyncObserver'))
  })

  it('has a row for each code of an OperationError, and names the faults', () => {
    const source = readdirSync(new URL('../../src/', import.meta.url)).map(name => read(`../../src/${name}`)).join('\n')
    assert.deepEqual(matches(section('Errors'), /^\| `([a-z-]+)`/gm), matches(source, /OperationError\('([a-z-]+)'/g))
    for (const code of matches(source, /PeerFault\('([a-z-]+)'/g)) {
      assert.ok(section('Errors').includes(`\`${code}\``), code)
    }
  })
})
