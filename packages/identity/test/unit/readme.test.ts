import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { PROOFS_DEFAULTS } from '../../src/index.ts'

function read (path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

function matches (text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(match => match[1] ?? ''))].sort()
}

describe('README and specification of identity', () => {
  const source = readdirSync(new URL('../../src/', import.meta.url)).map(name => read(`../../src/${name}`)).join('\n')
  const readme = read('../../README.md')
  const specification = read('../../../../docs/specs/identity.md')

  it('name each code of an OperationError, and of a PeerFault', () => {
    for (const code of matches(source, /OperationError\('([a-z-]+)'/g)) {
      assert.ok(readme.includes(`\`${code}\``), code)
    }
    for (const code of matches(source, /PeerFault\('([a-z-]+)'/g)) {
      assert.ok(specification.includes(`\`${code}\``) || readme.includes(`\`${code}\``), code)
    }
  })

  it('name each domain of a signature, and only those', () => {
    assert.deepEqual(matches(specification, /"(peerwright\/[a-z]+\/1)"/g).concat(matches(specification, /`(peerwright\/[a-z]+\/1)`/g)).sort(),
      matches(read('../../src/statement.ts'), /'(peerwright\/[a-z]+\/1)'/g))
  })

  it('tell the defaults of proofs', () => {
    for (const [name, value] of Object.entries(PROOFS_DEFAULTS) as ReadonlyArray<readonly [string, number]>) {
      assert.match(readme, new RegExp(`\\| \`${name}\` \\| [^|]+ \\| ${value} \\|`))
      assert.ok(read('../../src/options.ts').includes(`@default ${value}\n   */\n  readonly ${name}?`))
    }
  })
})
