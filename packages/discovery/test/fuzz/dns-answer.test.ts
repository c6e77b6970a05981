import assert from 'node:assert/strict'
import { PeerFault } from '@peerwright/core'
import { type Answer, encode } from 'dns-packet'
import fc from 'fast-check'
import { NO_TRAIL, selectRecords } from '../../src/dns-answer.ts'
import { decodeAnswer, type DnsQuestion, encodeQuestion, type RecordType } from '../../src/dns-message.ts'
import { manyAddresses } from '../support/faulty-dns-server.ts'

/** Inputs per property. fast-check prints the seed of a failure. */
const numRuns = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 10_000)

const QUESTION: DnsQuestion = { id: 0x1234, name: 'seed1.example.test', type: 'A' }

/** Either records within all bounds, or a fault of the server: nothing else, and nothing for ever. */
function survives (bytes: Uint8Array, question: DnsQuestion = QUESTION): void {
  try {
    const message = decodeAnswer(bytes, question)
    assert.ok(message.answers.length <= 100 && message.additionals.length <= 100)
    assert.ok(message.answers.every(({ ttlSeconds }) => ttlSeconds >= 0 && ttlSeconds <= 0x7fff_ffff))
    assert.ok(message.answers.every(({ says }) => says.type !== 'TXT' || says.text.length <= 4_096))
    const selection = selectRecords(message, question.name, question.type, NO_TRAIL)
    if (selection.kind === 'records') {
      assert.ok(selection.ttlSeconds >= 30 && selection.ttlSeconds <= 86_400)
      assert.ok(selection.records.every(({ type }) => type === question.type))
    }
  } catch (error) {
    assert.ok(error instanceof PeerFault, String(error))
    assert.ok(error.code === 'malformed' || error.code === 'mismatch')
  }
}

describe('fuzz: answers of DNS servers', () => {
  const name = fc.constantFrom('seed1.example.test', 'SEED1.example.test', 'b.test', 'c.test', 'evil.test', '.')
  const record: fc.Arbitrary<Answer> = fc.oneof(
    fc.record({ type: fc.constant('A' as const), name, ttl: fc.nat(), class: fc.constant('IN' as const), data: fc.ipV4() }),
    fc.record({ type: fc.constant('AAAA' as const), name, ttl: fc.nat(), class: fc.constant('IN' as const), data: fc.constantFrom('::1', '2600::1', '::ffff:10.0.0.1') }),
    fc.record({ type: fc.constant('CNAME' as const), name, ttl: fc.nat(), class: fc.constant('IN' as const), data: name }),
    fc.record({ type: fc.constant('SRV' as const), name, ttl: fc.nat(), class: fc.constant('IN' as const), data: fc.record({ target: name, port: fc.nat(65_535) }) }),
    fc.record({ type: fc.constant('TXT' as const), name, ttl: fc.nat(), class: fc.constant('IN' as const), data: fc.array(fc.string({ unit: 'binary-ascii', maxLength: 200 }), { maxLength: 30 }) })
  )
  const question = fc.constantFrom<RecordType>('A', 'AAAA', 'SRV', 'TXT').map(type => ({ ...QUESTION, type }))
  const packet = (asked: DnsQuestion, answers: Answer[], additionals: Answer[]): Buffer => encode({
    type: 'response', id: asked.id, questions: [{ name: asked.name, type: asked.type, class: 'IN' }], answers, additionals
  })

  it('QC-04 - any bytes after the right id are records or a fault', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), tail => {
      survives(tail)
      survives(Uint8Array.of(0x12, 0x34, ...tail))
    }), { numRuns })
  })

  it('QC-04 - any bytes after the right header and question are records or a fault', () => {
    const start = packet(QUESTION, [], [])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), (tail, answers, authorities, additionals) => {
      const bytes = Buffer.concat([start, tail])
      bytes.writeUInt16BE(answers, 6)
      bytes.writeUInt16BE(authorities, 8)
      bytes.writeUInt16BE(additionals, 10)
      survives(bytes)
    }), { numRuns })
  })

  it('QC-04 - good answers with some bytes changed or cut off are records or a fault', () => {
    const change = fc.tuple(fc.nat(1_000), fc.nat(255))
    fc.assert(fc.property(question, fc.array(record, { maxLength: 8 }), fc.array(record, { maxLength: 3 }), fc.array(change, { maxLength: 4 }), fc.nat(1_500), (asked, answers, additionals, changes, length) => {
      const bytes = packet(asked, answers, additionals)
      survives(bytes, asked)
      for (const [at, value] of changes) {
        bytes[at % bytes.length] = value
      }
      survives(bytes.subarray(0, length), asked)
    }), { numRuns: Math.ceil(numRuns / 4) })
  })

  it('QC-04 - names that are one long chain of pointers cost no more than their bound', () => {
    // Every record's name points to the end of a chain of 12,000 pointers, as far as one message can take it
    const head = manyAddresses({ ...QUESTION, transport: 'tcp' }, 0)
    const links = 12_000
    const text = Buffer.alloc(2 * links)
    const from = head.length + 12
    for (let at = 0; at < links; at++) {
      text.writeUInt16BE(0xc000 | Math.min(0x3fff, at === 0 ? 12 : from + 2 * at - 2), 2 * at)
    }
    const filler = Buffer.concat([Uint8Array.of(0xc0, 12, 0xff, 0xfe, 0, 1, 0, 0, 0, 0, text.length >> 8, text.length & 255), text])
    const pointer = 0xc000 | Math.min(0x3fff, from + 2 * links - 2)
    const records = Array.from({ length: 2_000 }, () => Uint8Array.of(pointer >> 8, pointer & 255, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4))
    const bytes = Buffer.concat([head, filler, ...records])
    bytes.writeUInt16BE(2_001, 6)
    survives(bytes)
  })

  it('a question is read back as what it was', () => {
    fc.assert(fc.property(question, fc.nat(0xffff), (asked, id) => {
      const bytes = Buffer.from(encodeQuestion({ ...asked, id }))
      bytes[2] = 0x80
      assert.deepEqual(decodeAnswer(bytes, { ...asked, id }).answers, [])
    }), { numRuns: 100 })
  })
})
