/**
 * Defects that others disclosed (bitcoincore.org), and where it is shown that ours has none of them. Tests that were there before are named.
 *
 * | defect | shown by |
 * |---|---|
 * | CVE-2020-14198, ban list unbounded and scanned | security/test/unit/bans.test.ts, S31 100,000 fresh bans; here, look-ups |
 * | inv blow-up, 50 MB for each peer | here, announcements leave nothing behind; node/test/integration/memory.test.ts, QC-35 |
 * | getdata CPU loop | sync/test/integration/lifecycle.test.ts, NA-04 + at most 128 blocks; strangers.test.ts, S34 |
 * | orphan O(n^2) | here, blocks without a parent are not kept |
 * | already-asked-for censorship | sync/test/unit/machines.test.ts, asks for every block until it is here; stalls.test.ts, S37 |
 * | header OOM | sync/test/integration/headers.test.ts, S35 holds at most 4 MiB of headers |
 * | mutated block clears other peers' download | sync/test/integration/mutated-block.test.ts |
 * | log filling, CVE-2025-54604, CVE-2025-54605 | security/test/unit/cool-downs-and-log.test.ts; here, on a node |
 * | timestamp adjust by the first 200 peers | here, the clocks of peers change nothing |
 *
 * Not there yet, and so without a test: inventories that wait to be sent and their sorting (relay), transactions that were asked for
 * (relay), `blocktxn` that fills a block twice (compact blocks), ids of the address book, UPnP.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { StreamMessageEvent } from '@libp2p/interface'
import { presets } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { IpRange, NetAddress } from '@peerwright/core'
import { decodeVersion, encodeInventory, encodeVersion, messageType, readVarint } from '@peerwright/protocol-messages'
import { BanList } from '@peerwright/security'
import { chainOf, freePort, strict, TestNodes, until } from '../support/network.ts'
import { frame, Strangers, VERACK, versionFrame } from '../support/stranger.ts'

const PROTOCOL = presets.quantumcoin.network.id

describe('defects that others disclosed', () => {
  const nodes = new TestNodes()
  const strangers = new Strangers()
  afterEach(async () => {
    await strangers.stop()
    await nodes.stop()
  })

  it('CVE-2020-14198: a look-up among 10,000 bans costs about what it costs among ten', () => {
    const at = (index: number): NetAddress => NetAddress.from(Uint8Array.of(10, index >> 16, index >> 8 & 0xff, index & 0xff), 1) ?? assert.fail()
    const cost = (bans: number): number => {
      const list = new BanList(10_000)
      for (let index = 0; index < bans; index++) {
        list.add({ type: 'range', range: IpRange.of(at(index).ip, 128) }, { rule: 'test', reason: '', durationMs: 3_600_000 }, 0)
      }
      const times = Array.from({ length: 9 }, () => {
        const startMs = performance.now()
        for (let index = 0; index < 5_000; index++) {
          list.ofIp(at(index).ip, 1)
        }
        return performance.now() - startMs
      })
      return Math.min(...times)
    }
    cost(10)
    // A list that is scanned would be a thousand times slower
    const [few, many] = [cost(10), cost(10_000)]
    assert.ok(many < 20 * few, `${few} and ${many} ms`)
  })

  it('inv blow-up: inventories that nobody asked for leave nothing in the node, and those above the budget are not looked at', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: strict(port), chain: await chainOf(1) })
    const { stream } = await strangers.live('127.0.1.1', port, PROTOCOL)
    stream.send(versionFrame(node.profile.networkId))
    stream.send(VERACK)
    await until(() => node.network.sessions().length === 1)
    let handled = 0
    node.network.handle({ owner: 'relay', live: { [messageType('inv')]: () => { handled++ } } })
    const inv = frame(messageType('inv'), encodeInventory(Array.from({ length: 1_000 }, (_, at) => ({ type: 1, id: new Uint8Array(32).fill(at) }))))
    for (let count = 0; count < 60; count++) {
      stream.send(inv)
    }
    await until(() => (node.network.sessions()[0]?.facts.bytesIn ?? 0) >= 60 * inv.length)
    // 1 MiB a minute for a host: 29 of 36 KB
    assert.ok(handled > 0 && handled <= 1_048_576 / 36_000, `${handled}`)
    const [live] = node.libp2p.getConnections()[0]?.streams ?? []
    assert.equal(live?.readBufferLength, 0)
  })

  it('orphan O(n^2): blocks whose parent is unknown are refused one by one, and none is kept', async () => {
    const chain = await chainOf(1)
    const [, ...orphans] = mineChain({ blocks: 200, seed: 9, sizeBytes: { min: 300, max: 2_000 }, parent: BITCOIN_REGTEST.genesisHeader })
    const verdicts = await Promise.all(orphans.map(async block => (await chain.acceptBlock(block)).status))
    assert.deepEqual([...new Set(verdicts)], ['unknown-header'])
    assert.deepEqual([chain.tip().height, chain.headerTip().height, chain.missingBlocks(1_000)], [1, 1, []])
    await chain.close()
  })

  it('log filling: 300 connections of one source that are refused are five lines', async () => {
    const port = await freePort()
    const lines: string[] = []
    const node = await nodes.start({ spec: strict(port), chain: await chainOf(1), log: line => lines.push(line) })
    const counted = (): number => Object.values(node.admission.counters().refused).reduce((sum, count) => sum + count, node.admission.counters().accepted)
    // No more at a time than the kernel has places for
    for (let seen = 100; seen <= 300; seen += 100) {
      await Promise.all(Array.from({ length: 100 }, async () => {
        const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.9.9' }).on('error', () => {})
        // Refused, it may be reset before it is told that it stood
        await new Promise<void>(resolve => { socket.once('connect', () => { socket.destroy() }).once('close', () => { resolve() }) })
      }))
      await until(() => counted() >= seen)
    }
    // Those of the source, and that it is an attack
    assert.ok(lines.length > 0 && lines.length <= 10, lines.join('\n'))
  })

  it('timestamp adjust: peers whose clocks are two hours ahead do not move ours', async () => {
    const port = await freePort()
    const node = await nodes.start({ spec: strict(port), chain: await chainOf(1) })
    const ahead = Math.floor(Date.now() / 1_000) + 7_200
    const version = frame(messageType('version'), encodeVersion({
      protocolVersion: 70_015, services: 1n, timeSeconds: ahead, nonce: 1n, userAgent: '/ahead/', startHeight: 0, relay: true,
      extension: { networkId: node.profile.networkId, chainWork: 0n, connectionClass: 'full', features: [], encrypters: [] }
    }))
    for (let at = 0; at < 6; at++) {
      const { stream } = await strangers.live(`127.0.${1 + at % 3}.${1 + at}`, port, PROTOCOL)
      stream.send(version)
      stream.send(VERACK)
      await until(() => node.network.sessions().length === at + 1)
    }
    const { stream } = await strangers.live('127.0.9.1', port, PROTOCOL)
    const said = once(stream, 'message')
    stream.send(version)
    const [{ data }] = await said as [StreamMessageEvent]
    const bytes = data.subarray()
    const length = readVarint(bytes, 0)
    assert.ok(length !== 'incomplete')
    const { timeSeconds } = decodeVersion(bytes.subarray(length.end + 1, length.end + length.value))
    assert.ok(Math.abs(timeSeconds - (ahead - 7_200)) < 60, `${timeSeconds}`)
  })
})
