import assert from 'node:assert/strict'
import { ByteReader } from '@peerwright/core'
import type { BlockHeader } from '@peerwright/interface'
import { decodeHeaders } from '@peerwright/protocol-messages'
import { branch, TinyChain } from '@peerwright/testing'
import { HEADER_BATCH_BYTES } from '../../src/constants.ts'
import { HeaderBuffer } from '../../src/header-buffer.ts'

const { codec } = new TinyChain()

const headerOf = (sizeBytes: number): BlockHeader => ({ id: '', parent: '', work: 1n, bytes: new Uint8Array(sizeBytes).fill(7) })

describe('HeaderBuffer', () => {
  it('gives headers up in order, as messages, and keeps so many as it is told to', () => {
    const buffer = new HeaderBuffer()
    const headers = branch(3_000, { sizeBytes: 65 }).map(bytes => codec.read(new ByteReader(bytes)))
    headers.forEach(header => { buffer.add(header) })
    assert.equal(buffer.headers, 3_000)
    const early = buffer.release(1_000)
    assert.ok(buffer.headers >= 1_000 && buffer.headers < 1_000 + HEADER_BATCH_BYTES / 66, `${buffer.headers} are left`)
    assert.equal(buffer.sizeBytes, HEADER_BATCH_BYTES * Math.ceil(3_000 / Math.floor(HEADER_BATCH_BYTES / 66)) - HEADER_BATCH_BYTES * early.length)
    const late = buffer.release(0)
    assert.deepEqual([...early, ...late].flatMap(message => decodeHeaders(message, codec).map(({ id }) => id)), headers.map(({ id }) => id))
    assert.deepEqual([buffer.headers, buffer.sizeBytes, buffer.release(0)], [0, 0, []])
  })

  it('puts no more headers into a message than there may be, and any that is longer than a batch into one of its own', () => {
    const buffer = new HeaderBuffer()
    for (let added = 0; added < 5_000; added++) {
      buffer.add(headerOf(1))
    }
    const countOf = (message: Uint8Array): number => new ByteReader(message).compactSize(5_000)
    assert.deepEqual(buffer.release(0).map(countOf), [2_000, 2_000, 1_000])
    buffer.add(headerOf(HEADER_BATCH_BYTES))
    buffer.add(headerOf(1))
    assert.equal(buffer.sizeBytes, 2 * HEADER_BATCH_BYTES + 1)
    assert.deepEqual(buffer.release(0).map(message => [countOf(message), message.length]), [[1, HEADER_BATCH_BYTES + 2], [1, 3]])
  })

  it('forgets all that it holds', () => {
    const buffer = new HeaderBuffer()
    buffer.add(headerOf(80))
    buffer.clear()
    assert.deepEqual([buffer.headers, buffer.sizeBytes, buffer.release(0)], [0, 0, []])
  })
})
