import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { encodeInventory, messageType } from '@peerwright/protocol-messages'
import { needs } from '@peerwright/testing'
import { MUXER_STREAM_OPTIONS } from '@peerwright/transport'
import { chainOf, freePort, TestNodes, until } from '../support/network.ts'
import { frame, Strangers, VERACK, versionFrame } from '../support/stranger.ts'

const PROTOCOL = presets.quantumcoin.network.id
const PEERS = 125

/** What a live stream may hold unsent, and what bulk gives to a stream at a time (session, `constants.ts`). */
const MAX_LIVE_BYTES = 1_048_576
const TURN_BYTES = 65_536

/**
 * RSS that a peer may cost with both ends in this process. Derived: 1 MiB unsent live, 128 KiB unsent bulk and 492 KiB of an unfinished
 * `inv` at the node, 2 x 256 KiB of windows at the peer, and as much again for the objects of two connections and what is not collected
 * yet. Measured: 3.3 MB.
 */
const PEER_BYTES = 4_194_304

describe('the memory of a node with all its peers', function () {
  this.timeout(60_000)
  const nodes = new TestNodes()
  const strangers = new Strangers()
  afterEach(async () => {
    await strangers.stop()
    await nodes.stop()
  })

  it('QC-35 + 125 peers that fill every queue there is leave each within its bound, and RSS within theirs together', async function () {
    needs(this, existsSync('/proc/self/statm'), 'no /proc to read memory from')
    const port = await freePort()
    const chain = await chainOf(16, { min: 900_000, max: 1_000_000 })
    const node = await nodes.start({
      chain,
      spec: extendProfile(presets.quantumcoin, {
        policy: {
          addressScope: 'loopback',
          seeds: [],
          listen: [{ ip: '127.0.0.1', port }],
          slots: { maxInbound: PEERS, maxOutbound: 8, minOutbound: 0 },
          channels: { handshakes: { perGroupPerSecond: 1_000 } },
          admission: { connections: { acceptsPerSecond: 1_000, acceptsPerSecondPerHost: 1_000 } }
        }
      })
    })
    const getdata = encodeInventory(Array.from({ length: 16 }, (_, at) => ({ type: 2, id: chain.codec.idToBytes(chain.ancestor(chain.tip().id, at + 1) ?? assert.fail()) })))
    const before = process.memoryUsage.rss()
    for (let at = 0; at < PEERS; at++) {
      const { connection, stream } = await strangers.live(`127.0.${1 + (at >> 2)}.${1 + at}`, port, PROTOCOL)
      stream.send(versionFrame(node.profile.networkId))
      stream.send(VERACK)
      await until(() => node.network.sessions().length === at + 1)
      // Nothing is read from here on; two requests wait for answers, and a message is all there but for its last byte
      stream.pause()
      const bulk = await connection.newStream(`/${PROTOCOL}/bulk/1`)
      bulk.pause()
      bulk.send(frame(messageType('getdata'), getdata, 1))
      bulk.send(frame(messageType('getdata'), getdata, 2))
      stream.send(frame(messageType('inv'), new Uint8Array(504_003)).subarray(0, -1))
    }
    const tip = new Uint8Array(60_000)
    const sessions = node.network.sessions()
    for (const session of sessions) {
      while (session.send(0xf0, tip)) {
        // Until the stream holds all that it may
      }
    }
    await until(() => sessions.every(({ facts }) => facts.bytesIn > 504_000))
    const streams = node.libp2p.getConnections().flatMap(connection => connection.streams)
    assert.equal(streams.length, 2 * PEERS)
    for (const { writeBufferLength, readBufferLength, protocol } of streams) {
      assert.ok(writeBufferLength <= (protocol.includes('live') ? MAX_LIVE_BYTES : 2 * TURN_BYTES), `${writeBufferLength} bytes of ${protocol} are unsent`)
      assert.ok(readBufferLength <= MUXER_STREAM_OPTIONS.maxReadBufferLength, `${readBufferLength} bytes of ${protocol} are unread`)
    }
    assert.ok(Math.max(...streams.map(({ writeBufferLength }) => writeBufferLength)) > MAX_LIVE_BYTES / 2, 'the queues are full')
    assert.equal(node.network.sessions().length, PEERS)
    const more = process.memoryUsage.rss() - before
    assert.ok(more <= PEERS * PEER_BYTES, `${more} bytes, ${Math.round(more / PEERS)} a peer`)
  })
})
