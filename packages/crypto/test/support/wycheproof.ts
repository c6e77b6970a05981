import { existsSync, readFileSync } from 'node:fs'
import { needs } from '@peerwright/testing'

/** Published vectors (C2SP Wycheproof); they lie beside the project and not in it. */
const DATA = new URL('../../../../../shared/data/wycheproof/', import.meta.url)

/** One case of a file, with the fields of its group. */
export type Case = Readonly<Record<string, unknown>> & { readonly tcId: number, readonly result: 'valid' | 'invalid' }

/** All cases of a file; skips the test where the file is absent. */
export function wycheproof (context: Mocha.Context, name: string): Case[] {
  const url = new URL(name, DATA)
  needs(context, existsSync(url), 'no vectors of Wycheproof: shared/data is not beside the repository')
  const { testGroups } = JSON.parse(readFileSync(url, 'utf8')) as { testGroups: Array<Record<string, unknown> & { tests: Case[] }> }
  return testGroups.flatMap(({ tests, ...group }) => tests.map(one => ({ ...group, ...one })))
}

/** The bytes of a field of hexadecimal digits; none when it is absent. */
export function bytesOf (one: Case, field: string): Uint8Array {
  const text = one[field]
  return new Uint8Array(Buffer.from(typeof text === 'string' ? text : '', 'hex'))
}
