import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { type Message, sha256dEach } from '../../src/hash-batch.ts'

function twice (message: Message): Buffer {
  const hash = createHash('sha256')
  for (const part of message instanceof Uint8Array ? [message] : message) {
    hash.update(part)
  }
  return createHash('sha256').update(hash.digest()).digest()
}

function each (messages: readonly Message[]): string[] {
  const hashes = sha256dEach(messages.length, index => messages[index] as Message)
  return messages.map((_, index) => Buffer.from(hashes.subarray(32 * index, 32 * (index + 1))).toString('hex'))
}

describe('hashes of many messages', () => {
  it('are those of FIPS 180-4 for every length up to where native code takes over, and beyond', () => {
    const messages = Array.from({ length: 1_200 }, (_, length) => Uint8Array.from({ length }, (__, at) => (at * 7 + length) & 0xff))
    assert.deepEqual(each(messages), messages.map(message => twice(message).toString('hex')))
  })

  it('are those of the messages, whatever their sizes, order and parts', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 900, maxLength: 1_200 }), fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 })
    )
    fc.assert(fc.property(fc.array(message, { maxLength: 60 }), messages => {
      assert.deepEqual(each(messages), messages.map(one => twice(one).toString('hex')))
    }))
  })

  it('are none for no messages', () => {
    assert.deepEqual(each([]), [])
  })
})
