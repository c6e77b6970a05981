import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type NetworkProfile, parseChainSpec, presets, SpecError } from '../../src/index.ts'
import { fields } from '../support/fields.ts'

/** Inputs per property; a nightly run asks for more. fast-check prints the seed of a failure. */
const numRuns = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 1_000)

/** Either a profile that holds what profiles promise, or one typed error. */
function survives (text: string): void {
  let profile: NetworkProfile
  try {
    profile = parseChainSpec(text)
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error))
    assert.ok(error.issues.length > 0)
    assert.ok(!/[^\x20-\x7e]/.test(error.issues.map(({ value, path }) => value + path).join('')), 'only printable characters')
    return
  }
  assert.ok(Object.isFrozen(profile) && Object.isFrozen(profile.network) && Object.isFrozen(profile.policy.timings))
  assert.ok(profile.network.maxBlockBytes <= profile.network.maxMessageBytes)
  assert.ok(profile.policy.listen.every(({ port }) => port > 0 && port <= 65_535))
  assert.match(profile.networkId, /^[0-9a-f]{64}$/)
}

describe('fuzz: parseChainSpec', () => {
  const value = fc.oneof(
    fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => number.toFixed(2)), fc.boolean(),
    fc.string().map(text => JSON.stringify(text)), fc.constantFrom('[]', '{}', '[[]]', '{ a = 1 }', '2020-01-01', 'inf', 'nan', '"none"', '"system"', '-0', '0xffff'),
    fc.array(fc.integer({ min: -1, max: 256 }), { maxLength: 6 }).map(list => `[${list.join(', ')}]`)
  ).map(String)

  it('QC-31 - any text is a profile or a SpecError', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), survives), { numRuns })
  })

  it('QC-31 - any value in any field is a profile or a SpecError', () => {
    const field = fc.constantFrom(...fields().filter(path => !path.includes('[]')), 'network_protocol.default_port', 'network_protocol.magic_bytes', 'node.peering_port', 'name')
    const lines = fc.array(fc.tuple(field, value).map(([path, text]) => `${path} = ${text}`), { maxLength: 6 })
    const base = fc.constantFrom('', ...Object.keys(presets).map(name => `extends = "${name}"\n`))
    fc.assert(fc.property(base, lines, (start, rest) => {
      survives(start + rest.join('\n'))
    }), { numRuns })
  })

  it('QC-31 - a good spec with characters lost, doubled or swapped is a profile or a SpecError', () => {
    const good = '[network_protocol]\nmagic_bytes = [0x51, 0x54, 0x43, 0x4D]\nprotocol_version = 70015\ndefault_port = 8333\n[policy]\nudp = "forbidden"\nslots = { maxInbound = 3 }\n'
    const edit = fc.tuple(fc.nat(good.length - 1), fc.constantFrom('', '"', '[', ']', '=', '\n', '.', '{', '\\', '\u0000', '9999999999999999999'))
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
      survives(edits.reduce((text, [at, piece]) => text.slice(0, at) + piece + text.slice(at + 1), good))
    }), { numRuns })
  })
})
