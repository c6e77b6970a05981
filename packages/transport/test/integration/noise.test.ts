import assert from 'node:assert/strict'
import { once } from 'node:events'
import { noise as chainsafeNoise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter, MessageStream, PeerId, SecuredConnection } from '@libp2p/interface'
import { noise as libp2pNoise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { noise, pqNoise } from '../../src/index.ts'
import { components, type Make } from '../support/encrypters.ts'

const ours: Make = (key, muxers) => noise()(components(key, muxers))
const hybrid: Make = (key, muxers) => pqNoise()(components(key, muxers))
const theirs: Make = (key, muxers) => libp2pNoise()(components(key, muxers))
const chainsafe: Make = (key, muxers) => chainsafeNoise()(components(key, muxers))

const dialerKey = await generateKeyPair('Ed25519')
const listenerKey = await generateKeyPair('secp256k1')
const listenerId = peerIdFromPrivateKey(listenerKey)

async function secure (dial: ConnectionEncrypter, listen: ConnectionEncrypter, remotePeer: PeerId = listenerId): Promise<readonly [SecuredConnection, SecuredConnection]> {
  const [outbound, inbound] = multiaddrConnectionPair()
  return await Promise.all([dial.secureOutbound(outbound, { remotePeer }), listen.secureInbound(inbound)])
}

/** Sends chunks of every size that lies at an edge, and gives what arrives. */
async function carry (from: MessageStream, to: MessageStream): Promise<void> {
  const sent = [1, 16, 1199, 1200, 4096, 65_519, 65_520, 65_536, 200_000].map((length, index) => new Uint8Array(length).fill(index + 1))
  const total = sent.reduce((sum, chunk) => sum + chunk.length, 0)
  const received: Uint8Array[] = []
  const done = new Promise<void>(resolve => {
    let bytes = 0
    to.addEventListener('message', ({ data }) => {
      received.push(data.subarray())
      bytes += data.byteLength
      if (bytes >= total) {
        resolve()
      }
    })
  })
  for (const chunk of sent) {
    if (!from.send(chunk)) {
      await from.onDrain()
    }
  }
  await done
  assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)))
}

describe('noise', () => {
  const pairs: readonly [string, Make, Make][] = [
    ['ours dials ours', ours, ours],
    ['ours dials @libp2p/noise', ours, theirs], ['@libp2p/noise dials ours', theirs, ours],
    ['ours dials @chainsafe/libp2p-noise', ours, chainsafe], ['@chainsafe/libp2p-noise dials ours', chainsafe, ours],
    ['the hybrid dials the hybrid', hybrid, hybrid]
  ]
  for (const [name, dial, listen] of pairs) {
    it(`QC-08 + ${name}: identities, the muxer and all sizes of chunks, both ways`, async () => {
      const [out, into] = await secure(dial(dialerKey), listen(listenerKey))
      assert.equal(out.remotePeer.toString(), listenerId.toString())
      assert.equal(into.remotePeer.toString(), peerIdFromPrivateKey(dialerKey).toString())
      assert.equal(out.streamMuxer?.protocol, '/yamux/1.0.0')
      assert.equal(into.streamMuxer?.protocol, '/yamux/1.0.0')
      await carry(out.connection, into.connection)
      await carry(into.connection, out.connection)
    })
  }

  for (const [name, make] of [['noise', ours], ['pqNoise', hybrid]] as const) {
    it(`QC-11 - ${name}: an RSA id that was dialled and is answered by another node is refused`, async () => {
      const wanted = peerIdFromPrivateKey(await generateKeyPair('RSA', 2048))
      const [outbound, inbound] = multiaddrConnectionPair()
      const listening = make(listenerKey).secureInbound(inbound)
      await assert.rejects(make(dialerKey).secureOutbound(outbound, { remotePeer: wanted }), { name: 'UnexpectedPeerError' })
      outbound.abort(new Error('refused'))
      await assert.rejects(listening)
    })

    it(`QC-11 + ${name}: an RSA id that answers itself is taken`, async () => {
      const key = await generateKeyPair('RSA', 2048)
      const [out] = await secure(make(dialerKey), make(key), peerIdFromPrivateKey(key))
      assert.equal(out.remotePeer.toString(), peerIdFromPrivateKey(key).toString())
    })

    it(`QC-08 - ${name}: a replayed record ends the connection and none of it is handed on`, async () => {
      const [outbound, inbound] = multiaddrConnectionPair()
      const [out, into] = await Promise.all([make(dialerKey).secureOutbound(outbound), make(listenerKey).secureInbound(inbound)])
      const records: Uint8Array[] = []
      const received: Uint8Array[] = []
      inbound.addEventListener('message', ({ data }) => { records.push(data.subarray()) })
      into.connection.addEventListener('message', ({ data }) => { received.push(data.subarray()) })
      out.connection.send(Buffer.from('once'))
      await once(into.connection, 'message')
      assert.ok(!Buffer.concat(records).includes('once'))
      const closed = once(into.connection, 'close')
      outbound.send(Buffer.concat(records))
      const [event] = await closed as [{ error?: { code?: string } }]
      assert.equal(event.error?.code, 'bad-record')
      assert.equal(Buffer.concat(received).toString(), 'once')
    })

    it(`QC-08 - ${name}: muxers of which none is common are refused`, async () => {
      const [outbound, inbound] = multiaddrConnectionPair()
      const results = await Promise.allSettled([
        make(dialerKey, ['/a']).secureOutbound(outbound).catch((error: unknown) => { outbound.abort(new Error('refused')); throw error }),
        make(listenerKey, ['/b']).secureInbound(inbound)
      ])
      const [first, second] = results
      assert.ok(first.status === 'rejected' && second.status === 'rejected')
      assert.equal((first.reason as { code?: string }).code, 'no-common-muxer')
    })

    it(`QC-08 + ${name}: all that was sent before the connection is closed arrives`, async () => {
      const [out, into] = await secure(make(dialerKey), make(listenerKey))
      const sent = Array.from({ length: 5_000 }, (_, index) => Buffer.from(`chunk ${index}`))
      const received: Uint8Array[] = []
      into.connection.addEventListener('message', ({ data }) => { received.push(data.subarray()) })
      const ended = once(into.connection, 'close')
      for (const chunk of sent) {
        if (!out.connection.send(chunk)) {
          await out.connection.onDrain()
        }
      }
      await out.connection.close()
      await ended
      assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)))
    })
  }
})
