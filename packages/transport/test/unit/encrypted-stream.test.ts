import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { MessageStream } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { CipherState } from '../../src/noise/cipher-state.ts'
import { EncryptedStream } from '../../src/noise/encrypted-stream.ts'

interface End {
  readonly below: MessageStream
  readonly stream: EncryptedStream
  /** Answers of the stream below to each write, and its drains, in order */
  readonly events: string[]
}

/** Two ends over a pair in memory that is full after `capacity` writes. The first has sent `sent` records already. */
function pair (capacity = 1, sent = 0n): readonly [End, End] {
  const [first, second] = multiaddrConnectionPair({ capacity })
  const ciphers = (send: number, receive: number): { send: CipherState, receive: CipherState } =>
    ({ send: new CipherState(new Uint8Array(32).fill(send), 'chacha20-poly1305', { nonce: send === 1 ? sent : 0n }), receive: new CipherState(new Uint8Array(32).fill(receive)) })
  const end = (below: MessageStream, send: number, receive: number): End => {
    const events: string[] = []
    const write = below.send.bind(below)
    below.send = data => {
      const more = write(data)
      events.push(more ? 'room' : 'full')
      return more
    }
    below.addEventListener('drain', () => { events.push('drain') })
    return { below, stream: new EncryptedStream(below, ciphers(send, receive)), events }
  }
  return [end(first, 1, 2), end(second, 2, 1)]
}

/** What the first end encrypts with. */
const senderCipher = (): CipherState => new CipherState(new Uint8Array(32).fill(1))

/** A record as it lies on the wire. */
function record (plain: Uint8Array, cipher = senderCipher()): Buffer {
  const sealed = cipher.encrypt(plain)
  return Buffer.concat([Uint8Array.of(sealed.length >> 8, sealed.length & 0xff), sealed])
}

const bytesOf = (stream: MessageStream): { bytes: number } => {
  const count = { bytes: 0 }
  stream.addEventListener('message', ({ data }) => { count.bytes += data.byteLength })
  return count
}

describe('an encrypted stream', () => {
  it('QC-08 + says that it is full as soon as its writes leave, sends nothing more until there is room, and loses nothing', async () => {
    const [sender, receiver] = pair()
    const received = bytesOf(receiver.stream)
    let accepted = 0
    while (sender.stream.send(new Uint8Array(100))) {
      accepted++
    }
    assert.equal(accepted, 79, 'the 80th write takes all of them along and hears that there is no room')
    for (let more = 0; more < 40; more++) {
      assert.equal(sender.stream.send(new Uint8Array(100)), false)
    }
    assert.deepEqual(sender.events, ['full'])
    await once(sender.stream, 'drain')
    await sender.stream.close()
    assert.equal(received.bytes, 120 * 100)
    assert.doesNotMatch(sender.events.join(' '), /full full/)
  })

  it('QC-08 + a sender that yields after each write hears of a full socket at its next one', async () => {
    const [sender] = pair()
    assert.equal(sender.stream.send(new Uint8Array(100)), true)
    await Promise.resolve()
    assert.deepEqual(sender.events, ['full'])
    assert.equal(sender.stream.writableNeedsDrain, true)
    assert.equal(sender.stream.send(new Uint8Array(100)), false)
  })

  it('QC-08 + a listener that pauses inside a message is not overruled by the stream below that is being resumed', async () => {
    const [sender, receiver] = pair(1_000, 1n)
    const received: number[] = []
    receiver.stream.addEventListener('message', ({ data }) => {
      received.push(data.byteLength)
      receiver.stream.pause()
    })
    receiver.below.pause()
    receiver.below.push(record(new Uint8Array(100)))
    receiver.below.resume()
    await Promise.resolve()
    // More than a read buffer holds: it stays with the sender
    for (let sent = 0; sent < 100; sent++) {
      sender.stream.send(new Uint8Array(60_000))
    }
    await new Promise(resolve => { setImmediate(resolve) })
    assert.equal(receiver.stream.status, 'open')
    assert.deepEqual(received, [100])
    assert.ok(receiver.below.readBufferLength < 200_000)
    receiver.stream.resume()
    await Promise.resolve()
    assert.equal(receiver.stream.status, 'open')
  })

  it('QC-08 - an end inside a record is a fault, and an end between two is none', async () => {
    for (const [cut, status] of [[0, 'closed'], [1, 'aborted'], [2, 'aborted'], [20, 'aborted']] as const) {
      const [sender, receiver] = pair(1_000)
      const received = bytesOf(receiver.stream)
      const closed = once(receiver.stream, 'close') as Promise<[{ error?: { code?: string } }]>
      const cipher = senderCipher()
      sender.below.send(record(new Uint8Array(100), cipher))
      sender.below.send(record(new Uint8Array(100), cipher).subarray(0, cut))
      await sender.below.close()
      const [event] = await closed
      assert.equal(receiver.stream.status, status)
      assert.equal(event.error?.code, cut === 0 ? undefined : 'truncated-record')
      assert.equal(received.bytes, 100)
    }
  })

  it('QC-08 - records out of order, or one left out, end the connection, and what they say is handed to nobody', async () => {
    const cipher = senderCipher()
    const [first, second] = [record(Buffer.from('first'), cipher), record(Buffer.from('second'), cipher)]
    for (const wire of [[second, first], [second]]) {
      const [sender, receiver] = pair(1_000)
      const received = bytesOf(receiver.stream)
      const closed = once(receiver.stream, 'close') as Promise<[{ error?: { code?: string } }]>
      sender.below.send(Buffer.concat(wire))
      const [event] = await closed
      assert.equal(event.error?.code, 'bad-record')
      assert.equal(received.bytes, 0)
    }
  })

  it('QC-08 + what a paused listener has not read comes before the end', async () => {
    const [, receiver] = pair(1_000)
    const received = bytesOf(receiver.stream)
    receiver.stream.pause()
    await Promise.resolve()
    const cipher = senderCipher()
    receiver.below.push(record(new Uint8Array(100), cipher))
    receiver.below.push(record(new Uint8Array(50), cipher))
    await receiver.below.close()
    assert.equal(receiver.stream.status, 'open')
    const closed = once(receiver.stream, 'close')
    receiver.stream.resume()
    await closed
    assert.equal(received.bytes, 150)
    assert.equal(receiver.stream.status, 'closed')
  })

  it('QC-08 + empty records among others hold nothing back', async () => {
    const [sender, receiver] = pair()
    const cipher = senderCipher()
    const arrived = once(receiver.stream, 'message') as Promise<[{ data: { subarray(): Uint8Array } }]>
    sender.below.send(Buffer.concat(['a', '', 'b', ''].map(text => record(Buffer.from(text), cipher))))
    const [{ data }] = await arrived
    assert.equal(Buffer.from(data.subarray()).toString(), 'ab')
  })

  it('QC-08 + what answers bulk leaves in one record when nothing more is to be read, or 192 KiB are unanswered', async () => {
    const [sender, receiver] = pair(1_000)
    receiver.stream.addEventListener('message', () => { receiver.stream.send(Buffer.from('window')) })
    const cipher = senderCipher()
    const answers: number[] = []
    for (let piece = 0; piece < 5; piece++) {
      receiver.below.push(record(new Uint8Array(50_000), cipher))
      receiver.below.pause()
      receiver.below.resume()
      await Promise.resolve()
      answers.push(receiver.events.length)
    }
    assert.deepEqual(answers, [0, 0, 0, 1, 1])
    await new Promise(resolve => { setImmediate(resolve) })
    assert.equal(receiver.events.length, 2)
    assert.equal(sender.stream.status, 'open')
  })

  it('QC-08 + what answers a small message leaves at once', async () => {
    const [, receiver] = pair(1_000)
    receiver.stream.addEventListener('message', () => { receiver.stream.send(Buffer.from('pong')) })
    receiver.below.pause()
    receiver.below.push(record(new Uint8Array(1_000)))
    receiver.below.resume()
    await Promise.resolve()
    assert.equal(receiver.events.length, 1)
  })
})
