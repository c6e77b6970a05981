import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { MultiaddrConnection, Upgrader } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { peerTcp } from '../../src/index.ts'
import { CipherState } from '../../src/noise/cipher-state.ts'
import { EncryptedStream } from '../../src/noise/encrypted-stream.ts'
import { LENGTH_BYTES, MAX_RECORD_BYTES } from '../../src/noise/record-format.ts'
import { borrow, giveBack } from '../../src/noise/record-memory.ts'
import { ofSocket, SOCKET_BUFFER_BYTES } from '../../src/socket-memory.ts'
import { log } from '../support/encrypters.ts'

/** A write that fills no record: records and writes do not begin together. */
const WRITE_BYTES = 50_000

const cipher = (): CipherState => new CipherState(new Uint8Array(32))
const encrypted = (connection: MultiaddrConnection): EncryptedStream => new EncryptedStream(connection, { send: cipher(), receive: cipher() })

/** An upgrader that hands out connections as they come from the transport. */
function upgraderTo (take: (connection: MultiaddrConnection) => void): Upgrader {
  const upgrade = async (connection: MultiaddrConnection): Promise<void> => {
    assert.ok(ofSocket(connection), 'an encrypter has to know it')
    take(connection)
    await Promise.resolve()
  }
  // Of a connection that is dialled the transport wants one of libp2p's back, and looks at nothing of it
  return { upgradeInbound: upgrade, upgradeOutbound: upgrade } as unknown as Upgrader
}

/** Runs with two connections over sockets, sender and receiver of each. */
async function withSockets (run: (pairs: ReadonlyArray<readonly [MultiaddrConnection, MultiaddrConnection]>) => Promise<void>): Promise<void> {
  const transport = peerTcp()({ logger: { forComponent: () => log } })
  const [dialled, accepted]: [MultiaddrConnection[], MultiaddrConnection[]] = [[], []]
  let arrived = (): void => {}
  const listener = transport.createListener({ upgrader: upgraderTo(connection => {
    accepted.push(connection)
    arrived()
  }) })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  const [address] = listener.getAddrs()
  assert.ok(address !== undefined)
  try {
    for (let index = 0; index < 2; index++) {
      const here = new Promise<void>(resolve => { arrived = resolve })
      await transport.dial(address, { signal: new AbortController().signal, upgrader: upgraderTo(connection => { dialled.push(connection) }) })
      await here
    }
    await run(dialled.flatMap((sender, index) => accepted.slice(index, index + 1).map(receiver => [sender, receiver] as const)))
  } finally {
    for (const connection of [...dialled, ...accepted]) {
      connection.abort(new Error('the test is over'))
    }
    await listener.close()
  }
}

describe('the memory of records', () => {
  it('QC-08 + the longest record fills a socket, so that one with room is known to hold none', () => {
    assert.ok(SOCKET_BUFFER_BYTES < LENGTH_BYTES + MAX_RECORD_BYTES)
  })

  it('QC-08 + is used again only when a socket holds it no more: what waits in a full one stays as it was', async () => {
    await withSockets(async pairs => {
      const streams = pairs.map(([sender, receiver]) => ({ receiver, sender: encrypted(sender), reading: encrypted(receiver), sent: 0, received: 0 }))
      // One after the other is filled, so that the second finds whatever the first has given back
      for (const [index, stream] of streams.entries()) {
        stream.receiver.pause()
        do {
          stream.sent += WRITE_BYTES
        } while (stream.sender.send(new Uint8Array(WRITE_BYTES).fill(index + 1)))
      }
      for (const [index, stream] of streams.entries()) {
        const whole = new Promise<void>((resolve, reject) => {
          stream.reading.addEventListener('message', ({ data }) => {
            for (const chunk of data) {
              const bytes = chunk as unknown as Uint8Array
              assert.ok(bytes.every(byte => byte === index + 1))
            }
            stream.received += data.byteLength
            if (stream.received === stream.sent) {
              resolve()
            }
          })
          stream.reading.addEventListener('close', ({ error }) => { reject(error ?? new Error('it ended')) })
        })
        stream.receiver.resume()
        await whole
      }
    })
  })

  it('QC-08 + is lent until the socket has room again and libp2p holds none of it, and given back once', async () => {
    await withSockets(async ([pair]) => {
      assert.ok(pair !== undefined)
      const [sender, receiver] = pair
      const kept = Array.from({ length: 40 }, borrow)
      const [mine] = kept
      assert.ok(mine !== undefined)
      giveBack(mine)
      receiver.pause()
      let held = 0
      Object.defineProperty(sender, 'writeBufferLength', { get: () => held })
      const writing = encrypted(sender)
      while (writing.send(new Uint8Array(WRITE_BYTES))) {
        // Until the socket is full of a record that lies in the memory
      }
      assert.notEqual(borrow(), mine, 'the socket holds it')
      held = 1
      sender.dispatchEvent(new Event('drain'))
      assert.notEqual(borrow(), mine, 'libp2p holds it')
      held = 0
      sender.dispatchEvent(new Event('drain'))
      sender.dispatchEvent(new Event('drain'))
      assert.deepEqual([borrow() === mine, borrow() === mine], [true, false])
    })
  })

  it('QC-08 + what a socket has read is given back as soon as it is decrypted', async () => {
    await withSockets(async ([pair]) => {
      assert.ok(pair !== undefined)
      const [sender, receiver] = pair
      const chunks: Uint8Array[] = []
      const reading = encrypted(receiver)
      receiver.addEventListener('message', ({ data }) => { chunks.push(...data instanceof Uint8Array ? [data] : data) })
      const arrived = once(reading, 'message')
      encrypted(sender).send(new Uint8Array(WRITE_BYTES))
      await arrived
      assert.deepEqual([...new Set(chunks.map(chunk => chunk.length))], [0])
    })
  })

  it('QC-08 - a connection in memory hands on what belongs to the other side: it is left alone', async () => {
    const [sender, receiver] = multiaddrConnectionPair()
    const record = Buffer.concat([Uint8Array.of(WRITE_BYTES >> 8, WRITE_BYTES & 0xff), cipher().encrypt(new Uint8Array(WRITE_BYTES - 16))])
    const whole = new Uint8Array(record)
    const arrived = once(encrypted(receiver), 'message')
    sender.send(whole)
    await arrived
    assert.deepEqual(whole, new Uint8Array(record))
  })
})
