import assert from 'node:assert/strict'
import { ByteReader, PeerFault, toHex } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import fc from 'fast-check'
import {
  bitcoinHeaderCodec, checkCommitments, decodeBlock, decodeEnd, decodeGetHeaders, decodeGoodbye, decodeHeaders, decodeInventory,
  decodePing, decodeTip, decodeVersion, encodeEnd, encodeGetHeaders, encodeGoodbye, encodeHeaders, encodeInventory, encodePing,
  encodeTip, encodeVarint, encodeVersion, readTransaction, readVarint, type TransactionView
} from '../../src/index.ts'
import { blockOf, headers, transactionBytes } from '../support/bitcoin.ts'

/** Inputs per decoder; a nightly run asks for more. fast-check prints the seed of a failure. */
const numRuns = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 10_000)

interface Decoder {
  readonly name: string
  readonly decode: (bytes: Uint8Array) => unknown
  /** Messages that are right: the fuzzer bends them */
  readonly valid: fc.Arbitrary<Uint8Array>
  /** Back from what was decoded; absent where nothing is encoded */
  readonly encode?: (decoded: never) => Uint8Array
}

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const u32 = fc.nat({ max: 0xffff_ffff })
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn })

const versions = fc.record({
  protocolVersion: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  services: u64,
  timeSeconds: u32,
  nonce: u64,
  userAgent: fc.stringMatching(/^[a-z/:.0-9]{0,40}$/),
  startHeight: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  relay: fc.boolean(),
  extension: fc.record({
    networkId: hash.map(toHex),
    chainWork: u64,
    connectionClass: fc.constantFrom('full' as const, 'feeler' as const),
    features: fc.array(fc.stringMatching(/^[a-z-]{1,20}$/), { maxLength: 4 }),
    encrypters: fc.array(fc.stringMatching(/^[a-z-]{1,20}$/), { maxLength: 4 })
  })
})

const DECODERS: readonly Decoder[] = [
  {
    name: 'decodeTip',
    decode: decodeTip,
    encode: encodeTip,
    valid: fc.record({ id: hash, height: u32, work: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }) }).map(encodeTip)
  },
  { name: 'decodePing', decode: decodePing, encode: encodePing, valid: u64.map(encodePing) },
  { name: 'decodeEnd', decode: decodeEnd, encode: encodeEnd, valid: u32.map(retryAfterSeconds => encodeEnd({ end: 'busy', retryAfterSeconds })) },
  {
    name: 'decodeGoodbye',
    decode: decodeGoodbye,
    encode: encodeGoodbye,
    valid: fc.record({ retryAfterSeconds: fc.nat({ max: 86_400 }), text: fc.stringMatching(/^[a-z]{0,40}$/) }).map(made => encodeGoodbye({ code: 'busy', ...made }))
  },
  {
    name: 'decodeGetHeaders',
    decode: decodeGetHeaders,
    encode: encodeGetHeaders,
    valid: fc.array(hash, { minLength: 1, maxLength: 5 }).map(locator => encodeGetHeaders({ protocolVersion: 70_016, locator }))
  },
  {
    name: 'decodeHeaders',
    decode: bytes => decodeHeaders(bytes, bitcoinHeaderCodec),
    encode: (list: readonly BlockHeader[]) => encodeHeaders(list.map(({ bytes }) => bytes)),
    valid: headers.map(encodeHeaders)
  },
  {
    name: 'decodeInventory',
    decode: bytes => decodeInventory(bytes, 1_000),
    encode: encodeInventory,
    valid: fc.array(fc.record({ type: u32, id: hash }), { maxLength: 5 }).map(encodeInventory)
  },
  { name: 'decodeVersion', decode: decodeVersion, encode: encodeVersion, valid: versions.map(encodeVersion) },
  {
    name: 'readVarint',
    decode: bytes => readVarint(bytes, 0),
    encode: ({ value }: { value: number }) => encodeVarint(value),
    valid: fc.nat({ max: 2 ** 31 - 1 }).map(encodeVarint)
  },
  {
    name: 'bitcoinHeaderCodec',
    decode: bytes => bitcoinHeaderCodec.read(new ByteReader(bytes)),
    encode: ({ bytes }: BlockHeader) => bytes,
    valid: headers.map(list => list[0] as Uint8Array)
  },
  {
    name: 'readTransaction',
    decode: bytes => readTransaction(new ByteReader(bytes), bytes),
    encode: ({ bytes }: TransactionView) => bytes,
    valid: transactionBytes
  },
  { name: 'decodeBlock', decode: bytes => checkCommitments(decodeBlock(bytes)), valid: fc.array(transactionBytes, { minLength: 1, maxLength: 4 }).map(blockOf) }
]

/** Cut off, lengthened, or with bytes overwritten, among them the marks of long counts. */
function bent (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0xfd, 0xfe, 0xff))
  return fc.tuple(valid, fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 }), fc.option(fc.nat()), fc.uint8Array({ maxLength: 3 }))
    .map(([bytes, changes, cut, more]) => {
      const changed = Uint8Array.from([...bytes, ...more])
      for (const [at, value] of changes) {
        changed[at % Math.max(1, changed.length)] = value
      }
      return cut === null ? changed : changed.subarray(0, cut % (changed.length + 1))
    })
}

describe('fuzz: decoders', () => {
  for (const { name, decode, encode, valid } of DECODERS) {
    it(`${name} takes what is right${encode === undefined ? '' : ', and it comes back as it was'}`, () => {
      fc.assert(fc.property(valid, bytes => {
        const decoded = decode(bytes)
        if (encode !== undefined) {
          assert.deepEqual(Uint8Array.from(encode(decoded as never)), bytes)
        }
      }), { numRuns: Math.min(numRuns, 1_000) })
    })

    it(`QC-31 - ${name} answers anything else with a PeerFault`, function () {
      this.timeout(numRuns * 20)
      fc.assert(fc.property(fc.oneof(bent(valid), fc.uint8Array({ maxLength: 200 })), bytes => {
        const before = Uint8Array.from(bytes)
        try {
          decode(bytes)
        } catch (error) {
          assert.ok(error instanceof PeerFault, String(error))
        }
        assert.deepEqual(bytes, before, 'what was received stays as it is')
      }), { numRuns })
    })
  }
})
