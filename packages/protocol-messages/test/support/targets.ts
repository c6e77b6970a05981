import { ByteReader } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import type { Target } from '@peerwright/testing'
import { all, byteBelow, data, either, type Field, fixed, list, oneOf, rest, text } from '@peerwright/testing'
import { bitcoinFraming, type ClassicFrame, ClassicReader, encodeClassicFrame } from '../../src/classic.ts'
import * as wire from '../../src/index.ts'
import { classicFrame, fromOne, header, headerChain, services, smallNumber, transaction } from './chain-fields.ts'
import { firstBlocks, REAL_COMPACT_BLOCK, realFile, realTransactions, withReal } from './real.ts'
import { rejectBytes } from './reject.ts'

const zeros = (length: number): Field => oneOf(new Uint8Array(length))
const noField: Field = () => []
const byte = (value: number): Field => oneOf(Uint8Array.of(value))
const letters: Field = draw => text(40)(draw).slice(1)

const FRAMING = bitcoinFraming(Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda), 4_000_000)

const inventory = (name: string, limit: number): Target => ({
  name, decode: bytes => wire.decodeInventory(bytes, limit), encode: (entries: wire.InventoryList) => wire.encodeInventory([...entries]), message: list(0, 5, fixed(36))
})
const empty = (name: string): Target => ({ name, decode: wire.decodeEmpty, encode: () => new Uint8Array(0), message: noField })
const opaque = (name: wire.OpaqueMessageName): Target => ({
  name, decode: bytes => wire.decodeOpaque(name, bytes), encode: bytes => wire.encodeOpaque(name, bytes), message: all(fixed(1), rest(200))
})
const locator = (name: string): Target => ({
  name, decode: wire.decodeGetHeaders, encode: wire.encodeGetHeaders, message: all(fixed(4), list(0, 5, fixed(32)), either(fixed(32), zeros(32)))
})
const again = (view: wire.TransactionView): Uint8Array => {
  const { inputs, ...parts } = wire.partsOf(view)
  return wire.encodeTransaction({ ...parts, inputs: inputs.map(input => ({ ...input, witness: wire.Witness.of([...input.witness]) })) })
}

const COMPACT = [realFile(REAL_COMPACT_BLOCK)].filter(bytes => bytes !== undefined)

/** Every decoder of the package, by the name of its message. `lenient` ones overlook something on purpose. */
export const TARGETS: readonly Target[] = [
  {
    name: 'block',
    decode: bytes => {
      const block = wire.decodeBlock(bytes)
      wire.checkCommitments(block)
      return block
    },
    encode: ({ header: top, transactions }: wire.BlockView) => wire.encodeBlock(top, transactions.map(again)),
    message: withReal(all(fixed(80), list(1, 4, transaction)), firstBlocks())
  },
  { name: 'blocktxn', decode: wire.decodeBlockTransactions, encode: ({ id, transactions }: wire.BlockTransactions) => wire.encodeBlockTransactions(id, transactions.toArray().map(again)), message: all(fixed(32), list(0, 4, transaction)) },
  { name: 'cmpctblock', decode: wire.decodeCompactBlock, encode: wire.encodeCompactBlock, message: withReal(all(fixed(88), list(0, 5, fixed(6)), list(1, 3, smallNumber(1), transaction)), COMPACT) },
  { name: 'getblocktxn', decode: wire.decodeGetBlockTransactions, encode: wire.encodeGetBlockTransactions, message: all(fixed(32), list(0, 5, smallNumber(300))) },
  { name: 'sendcmpct', decode: wire.decodeSendCompact, encode: wire.encodeSendCompact, lenient: true, message: all(byteBelow(2), fixed(8)) },
  { name: 'feefilter', decode: wire.decodeFeeFilter, encode: (rate: bigint | undefined) => wire.encodeFeeFilter(rate ?? 0n), lenient: true, message: all(fixed(6), zeros(2)) },
  { name: 'tx', decode: wire.decodeTransaction, encode: again, message: withReal(transaction, realTransactions()) },
  inventory('getdata', wire.MAX_GETDATA),
  inventory('inv', wire.MAX_INVENTORY),
  inventory('notfound', wire.MAX_INVENTORY),
  locator('getheaders'),
  locator('getblocks'),
  {
    name: 'headers',
    decode: bytes => {
      const headers = wire.decodeHeaderList(bytes)
      headers.isContinuous()
      return headers
    },
    encode: (headers: wire.HeaderList) => wire.encodeHeaders(Array.from({ length: headers.length }, (_, index) => headers.at(index))),
    message: list(0, 5, fixed(80), smallNumber(1))
  },
  {
    name: 'headers (of any chain)',
    decode: bytes => wire.decodeHeaders(bytes, wire.bitcoinHeaderCodec),
    encode: (headers: readonly BlockHeader[]) => wire.encodeHeaders(headers.map(({ bytes }) => bytes)),
    message: headerChain
  },
  {
    name: 'one header',
    decode: bytes => {
      const reader = new ByteReader(bytes)
      const read = wire.bitcoinHeaderCodec.read(reader)
      reader.end()
      return read
    },
    encode: ({ bytes }: BlockHeader) => bytes,
    message: header
  },
  { name: 'ping', decode: wire.decodePing, encode: wire.encodePing, message: fixed(8) },
  { name: 'pong', decode: wire.decodePing, encode: wire.encodePing, message: fixed(8) },
  { name: 'tip', decode: wire.decodeTip, encode: wire.encodeTip, message: fixed(68) },
  { name: 'end', decode: wire.decodeEnd, encode: wire.encodeEnd, message: all(byteBelow(4), fixed(4)) },
  { name: 'goodbye', decode: wire.decodeGoodbye, encode: wire.encodeGoodbye, lenient: true, message: all(byteBelow(14), fixed(2), zeros(2), letters) },
  {
    name: 'version',
    decode: wire.decodeVersion,
    encode: wire.encodeVersion,
    lenient: true,
    message: all(
      fixed(4), fixed(8), fixed(4), zeros(4), zeros(8), fixed(16), byte(32), fixed(1), zeros(26), fixed(8), text(40), fixed(4), byteBelow(2),
      either(noField, all(byte(1), fixed(64), byteBelow(5), list(0, 4, text(20)), list(0, 4, text(20))))
    )
  },
  { name: 'peer-records', decode: wire.decodePeerRecords, encode: wire.encodePeerRecords, message: all(fixed(1), list(0, 5, fixed(4), data(1, 60))) },
  {
    name: 'proof',
    decode: wire.decodeProof,
    encode: wire.encodeProof,
    lenient: true,
    message: either(all(byte(0), fixed(32), list(0, 3, fromOne(3))), all(byte(1), byte(1), fixed(36), data(0, 300), fixed(2_420)))
  },
  { name: 'qproof', decode: wire.decodeQuantumProof, encode: wire.encodeQuantumProof, message: either(all(byte(1), fixed(32), fixed(3_732)), all(byte(2), fixed(32), fixed(5_261))) },
  opaque('commit'),
  opaque('reveal'),
  opaque('emergency'),
  { name: 'addr', decode: wire.decodeAddresses, encode: (entries: wire.AddressList) => wire.encodeAddresses([...entries]), message: list(0, 5, fixed(30)) },
  {
    name: 'addrv2',
    decode: bytes => {
      const entries = wire.decodeAddressesV2(bytes)
      entries.forEach(wire.dialableAddress)
      return entries
    },
    encode: wire.encodeAddressesV2,
    message: list(0, 5, fixed(4), services, byteBelow(9), data(0, 40), fixed(2))
  },
  { name: 'reject', decode: wire.decodeReject, encode: rejectBytes, lenient: true, message: all(text(12), fixed(1), text(111), either(noField, fixed(32))) },
  ...['verack', 'getaddr', 'mempool', 'sendheaders', 'wtxidrelay', 'sendaddrv2', 'get-tip', 'get-peers'].map(empty),
  {
    name: 'a number of a frame',
    decode: bytes => wire.readVarint(bytes, 0),
    encode: (read: { value: number }) => wire.encodeVarint(read.value),
    lenient: true,
    message: fromOne(126)
  },
  {
    name: 'classic frames',
    decode: bytes => {
      const reader = new ClassicReader(FRAMING)
      const cut = (bytes[bytes.length >> 1] ?? 0) % (bytes.length + 1)
      const frames = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]
      reader.end()
      return frames
    },
    encode: (frames: readonly ClassicFrame[]) => Buffer.concat(frames.map(frame => encodeClassicFrame(FRAMING, frame))),
    message: all(classicFrame, either(noField, classicFrame))
  }
]
