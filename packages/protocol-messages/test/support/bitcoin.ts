import { ByteReader, ByteWriter } from '@peerwright/core'
import fc from 'fast-check'
import { bitcoinHeaderCodec, merkleRoot, readTransaction, txid } from '../../src/index.ts'

const script = fc.uint8Array({ maxLength: 40 })

const inputs = fc.array(fc.record({ spent: fc.uint8Array({ minLength: 32, maxLength: 32 }), index: fc.nat(), script, witness: fc.array(script, { maxLength: 3 }) }), { minLength: 1, maxLength: 3 })
const outputs = fc.array(fc.record({ value: fc.bigInt({ min: 0n, max: 1n << 50n }), script }), { minLength: 1, maxLength: 3 })

/** Transactions in both forms. */
export const transactionBytes: fc.Arbitrary<Uint8Array> = fc.record({ inputs, outputs, lockTime: fc.nat() }).map(made => {
  const segwit = made.inputs.some(({ witness }) => witness.length > 0)
  const writer = new ByteWriter().u32le(2)
  if (segwit) {
    writer.u8(0).u8(1)
  }
  writer.compactSize(made.inputs.length)
  for (const input of made.inputs) {
    writer.bytes(input.spent).u32le(input.index).varBytes(input.script).u32le(0xffff_ffff)
  }
  writer.compactSize(made.outputs.length)
  for (const output of made.outputs) {
    writer.u64le(output.value).varBytes(output.script)
  }
  for (const { witness } of segwit ? made.inputs : []) {
    writer.compactSize(witness.length)
    for (const item of witness) {
      writer.varBytes(item)
    }
  }
  return writer.u32le(made.lockTime).finish()
})

/** One header; without proof of work. */
function headerOf (parent: Uint8Array, root: Uint8Array, nonce: number): Uint8Array {
  return new ByteWriter(80).u32le(4).bytes(parent).bytes(root).u32le(1_296_688_602).u32le(0x207f_ffff).u32le(nonce).finish()
}

/** Headers, each the child of the one before it. */
export const headers: fc.Arbitrary<Uint8Array[]> = fc.array(fc.nat(), { minLength: 1, maxLength: 5 }).map(nonces => {
  let parent: Uint8Array = new Uint8Array(32)
  return nonces.map(nonce => {
    const bytes = headerOf(parent, new Uint8Array(32), nonce)
    parent = bitcoinHeaderCodec.idToBytes(bitcoinHeaderCodec.read(new ByteReader(bytes)).id)
    return bytes
  })
})

/** A block of these transactions with the right Merkle root. */
export function blockOf (transactions: readonly Uint8Array[]): Uint8Array {
  const leaves = new Uint8Array(32 * transactions.length)
  for (const [index, bytes] of transactions.entries()) {
    leaves.set(txid(readTransaction(new ByteReader(bytes), bytes)), 32 * index)
  }
  const writer = new ByteWriter().bytes(headerOf(new Uint8Array(32), merkleRoot(leaves).root, 0)).compactSize(transactions.length)
  for (const bytes of transactions) {
    writer.bytes(bytes)
  }
  return writer.finish()
}
