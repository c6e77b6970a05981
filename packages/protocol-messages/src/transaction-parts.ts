import { ByteReader, invariant } from '@peerwright/core'
import { compactSizeBytes, full, putCompactSize, putVarBytes, room } from './fixed-bytes.ts'
import { HASH_BYTES } from './numbers.ts'
import type { TransactionView } from './transaction.ts'
import { Witness } from './witness.ts'

/** What a transaction spends. */
export interface TransactionInput {
  /** The transaction of the output that is spent: 32 bytes in the order of the wire */
  readonly id: Uint8Array
  readonly index: number
  readonly script: Uint8Array
  readonly sequence: number
  /** Its witness; empty in the form without witnesses */
  readonly witness: Witness
}

/** What a transaction makes. */
export interface TransactionOutput {
  readonly value: bigint
  readonly script: Uint8Array
}

/** A transaction taken apart. Scripts and ids are views onto the bytes that it was read from. */
export interface TransactionParts {
  readonly version: number
  readonly inputs: readonly TransactionInput[]
  readonly outputs: readonly TransactionOutput[]
  readonly lockTime: number
  /** Whether it is in the form with witnesses */
  readonly segwit: boolean
}

/** Takes a transaction apart that was walked over before. */
export function partsOf ({ bytes, segwit, coreStart, coreEnd }: TransactionView): TransactionParts {
  const reader = new ByteReader(bytes)
  const version = reader.i32le()
  reader.position = coreStart
  const witnesses = new ByteReader(bytes)
  witnesses.position = coreEnd
  const inputs = Array.from({ length: reader.compactSize(reader.remaining) }, () => readInput(reader, segwit ? witnesses : undefined))
  const outputs = Array.from({ length: reader.compactSize(reader.remaining) }, () => ({ value: reader.i64le(), script: reader.varBytes(reader.remaining) }))
  return { version, inputs, outputs, lockTime: witnesses.u32le(), segwit }
}

function readInput (reader: ByteReader, witnesses: ByteReader | undefined): TransactionInput {
  return {
    id: reader.bytes(HASH_BYTES),
    index: reader.u32le(),
    script: reader.varBytes(reader.remaining),
    sequence: reader.u32le(),
    witness: witnesses === undefined ? Witness.EMPTY : Witness.read(witnesses)
  }
}

/** Bytes of a transaction in Bitcoin's form. */
export function transactionBytes ({ inputs, outputs, segwit }: TransactionParts): number {
  let sizeBytes = (segwit ? 10 : 8) + compactSizeBytes(inputs.length) + compactSizeBytes(outputs.length)
  for (const { script, witness } of inputs) {
    sizeBytes += 40 + compactSizeBytes(script.length) + script.length
    if (segwit) {
      sizeBytes += witness.bytes.length
    }
  }
  for (const { script } of outputs) {
    sizeBytes += 8 + compactSizeBytes(script.length) + script.length
  }
  return sizeBytes
}

/**
 * Writes Bitcoin's form of a transaction, with witnesses where it says so (BIP144).
 *
 * @param view - of the whole of `bytes`
 * @returns the index behind it
 */
export function putTransaction (bytes: Uint8Array, view: DataView, start: number, { version, inputs, outputs, lockTime, segwit }: TransactionParts): number {
  invariant(inputs.length > 0, 'a transaction spends something')
  view.setUint32(start, version, true)
  let at = start + 4
  if (segwit) {
    bytes[at] = 0
    bytes[at + 1] = 1
    at += 2
  }
  at = putCompactSize(bytes, at, inputs.length)
  for (const { id, index, script, sequence } of inputs) {
    invariant(id.length === HASH_BYTES, 'an id has 32 bytes')
    bytes.set(id, at)
    view.setUint32(at + HASH_BYTES, index, true)
    at = putVarBytes(bytes, at + HASH_BYTES + 4, script)
    view.setUint32(at, sequence, true)
    at += 4
  }
  at = putCompactSize(bytes, at, outputs.length)
  for (const { value, script } of outputs) {
    view.setBigUint64(at, value, true)
    at = putVarBytes(bytes, at + 8, script)
  }
  if (segwit) {
    for (const { witness } of inputs) {
      bytes.set(witness.bytes, at)
      at += witness.bytes.length
    }
  }
  view.setUint32(at, lockTime, true)
  return at + 4
}

/** One transaction in Bitcoin's form. */
export function encodeTransaction (parts: TransactionParts): Uint8Array {
  const { bytes, view } = room(transactionBytes(parts))
  return full(bytes, putTransaction(bytes, view, 0, parts))
}
