import assert from 'node:assert/strict'
import { BITCOIN_REGTEST, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { equalBytes } from '@peerwright/core'
import {
  bitcoinHeaderCodec, checkCommitments, decodeBlock, decodeBlockTransactions, decodeCompactBlock, decodeHeaderList, decodeHeaders, decodeInventory, decodePing,
  decodeReject, encodeBlock, encodeGetBlockTransactions, encodeGetHeaders, encodeInventory, encodePing, encodeSendCompact, encodeTransaction, INVENTORY_BLOCK,
  INVENTORY_TRANSACTION, INVENTORY_WITNESS_BLOCK, INVENTORY_WITNESS_TRANSACTION, MAX_INVENTORY, partsOf, sha256d, txid
} from '@peerwright/protocol-messages'
import type { ClassicPeer } from './peer.ts'
import { BcoinProcess } from './process.ts'
import { ChainServer, dial } from './serve.ts'

/** Blocks that are mined: the witnesses' deployment is active from height 432 on (bcoin, regtest: 3 windows of 144). */
const PLAIN_BLOCKS = 440

/** Blocks behind them, with 3 transactions each. */
const SPENDING_BLOCKS = 8

const HEIGHT = PLAIN_BLOCKS + SPENDING_BLOCKS

/** Inventory type: a compact block (BIP152). */
const INVENTORY_COMPACT_BLOCK = 4

describe('bcoin, another implementation of Bitcoin\'s protocol', function () {
  this.timeout(20_000)

  let first: BcoinProcess
  let chain: ChainStore
  let peer: ClassicPeer
  const ids: Uint8Array[] = []

  before(async () => {
    first = new BcoinProcess()
    chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
    const { port } = await first.report(report => report.port !== undefined)
    first.mine(PLAIN_BLOCKS, SPENDING_BLOCKS)
    await first.report(report => report.mined === true)
    peer = await dial(port ?? 0)
  })

  after(async () => {
    peer.close()
    await first.stop()
    await chain.close()
  })

  it('QC-25 + shakes hands with our version and verack, and we with its', async () => {
    const version = await peer.shakeHands(true, 0)
    assert.match(version.userAgent, /^\/bcoin:/)
    assert.equal(version.startHeight, HEIGHT)
    assert.equal(version.relay, true)
    assert.equal(version.services & 9n, 9n)
    assert.equal(version.extension, undefined)
  })

  it('QC-25 + answers our ping', async () => {
    assert.equal(decodePing(await peer.ask('ping', encodePing(0x1234_5678_9abc_def0n), 'pong')), 0x1234_5678_9abc_def0n)
  })

  it('QC-25 + gives all its headers, and our chain takes them', async () => {
    const locator = chain.locator().map(bitcoinHeaderCodec.idToBytes)
    const payload = await peer.ask('getheaders', encodeGetHeaders({ protocolVersion: 70_015, locator }), 'headers')
    const list = decodeHeaderList(payload)
    assert.equal(list.length, HEIGHT)
    assert.ok(list.isContinuous())
    ids.push(...Array.from({ length: list.length }, (_, index) => list.idAt(index)))
    const { status } = await chain.acceptHeaders(decodeHeaders(payload, chain.codec))
    assert.equal(status, 'valid')
    assert.equal(chain.headerTip().height, HEIGHT)
  })

  it('QC-25 + gives all its blocks, with witnesses; they verify and encode to the same bytes, and our tip is its', async () => {
    let witnesses = 0
    for (let at = 0; at < ids.length; at += 16) {
      const wanted = ids.slice(at, at + 16)
      peer.send('getdata', encodeInventory(wanted.map(id => ({ type: INVENTORY_WITNESS_BLOCK, id }))))
      for (const id of wanted) {
        const bytes = await peer.next('block')
        const block = decodeBlock(bytes)
        assert.deepEqual(Uint8Array.from(sha256d(block.header)), Uint8Array.from(id))
        assert.equal(checkCommitments(block), 'valid')
        assert.ok(equalBytes(encodeBlock(block.header, block.transactions.map(transaction => encodeTransaction(partsOf(transaction)))), bytes))
        witnesses += block.transactions.filter(({ segwit }) => segwit).length
        await chain.acceptBlock(Uint8Array.from(bytes))
      }
    }
    const { tip, height } = await first.report(report => report.mined === true)
    assert.deepEqual([chain.tip().id, chain.tip().height], [tip, height])
    assert.ok(witnesses >= 3 * SPENDING_BLOCKS, `${witnesses} transactions with witnesses`)
  })

  it('QC-30 + gives a compact block, and the transactions that are missing from it', async () => {
    const id = ids.at(-1) ?? assert.fail('no block')
    const whole = decodeBlock(await chain.block(chain.codec.idFromBytes(id)) as Uint8Array)
    const compact = decodeCompactBlock(await peer.ask('getdata', encodeInventory([{ type: INVENTORY_COMPACT_BLOCK, id }]), 'cmpctblock'))
    assert.deepEqual(Uint8Array.from(compact.header), Uint8Array.from(whole.header))
    assert.deepEqual(compact.prefilled.map(({ index }) => index), [0])
    assert.equal(compact.shortIds.length, 6 * (whole.transactions.length - 1))
    const answer = await peer.ask('getblocktxn', encodeGetBlockTransactions({ id, indices: Uint16Array.of(1, 3) }), 'blocktxn')
    const { transactions } = decodeBlockTransactions(answer)
    assert.deepEqual(transactions.toArray().map(({ bytes }) => [...bytes.subarray(-4)]), [1, 3].map(at => [...(whole.transactions[at]?.bytes.subarray(-4) ?? [])]))
    assert.equal(transactions.length, 2)
  })

  it('QC-25 - says that it does not have what there is not, and rejects a transaction that is in a block already', async () => {
    const id = new Uint8Array(32).fill(9)
    const missing = decodeInventory(await peer.ask('getdata', encodeInventory([{ type: INVENTORY_WITNESS_TRANSACTION, id }]), 'notfound'), MAX_INVENTORY)
    assert.deepEqual([...missing].map(({ id: absent }) => Uint8Array.from(absent)), [id])
    const { transactions } = decodeBlock(await chain.block(chain.tip().id) as Uint8Array)
    const spent = transactions[1] ?? assert.fail('no transaction')
    const wanted = await peer.ask('inv', encodeInventory([{ type: INVENTORY_TRANSACTION, id: txid(spent) }]), 'getdata')
    assert.deepEqual([...decodeInventory(wanted, MAX_INVENTORY)].map(entry => Uint8Array.from(entry.id)), [Uint8Array.from(txid(spent))])
    const { command, code, reason, id: rejected } = decodeReject(await peer.ask('tx', spent.bytes, 'reject'))
    assert.deepEqual([command, code, reason, rejected], ['tx', 0x10, 'txn-already-known', txid(spent)])
  })

  it('QC-25 + answers getblocks', async () => {
    const locator = [bitcoinHeaderCodec.idToBytes(chain.genesis)]
    const inv = decodeInventory(await peer.ask('getblocks', encodeGetHeaders({ protocolVersion: 70_015, locator }), 'inv'), MAX_INVENTORY)
    assert.deepEqual([...inv].map(({ type, id }) => [type, ...id]), ids.map(id => [INVENTORY_BLOCK, ...id]))
  })

  it('QC-25 + an empty bcoin that dials us gets the whole chain from our codecs, and reaches its tip', async () => {
    const server = await ChainServer.start(chain)
    const second = new BcoinProcess(server.port)
    try {
      const { tip } = await second.report(({ height }) => height === HEIGHT)
      assert.equal(tip, chain.tip().id)
      assert.deepEqual(server.errors, [])
      // All of these decode, or there were errors
      assert.deepEqual(['getaddr', 'getblocks', 'getdata', 'sendcmpct'].filter(command => !server.commands.has(command)), [])
    } finally {
      await second.stop()
      await server.stop()
    }
  })

  it('QC-30 + announces a new block as a compact block, once we ask for it so', async () => {
    peer.send('sendcmpct', encodeSendCompact({ highBandwidth: true, version: 2n }))
    await peer.ask('ping', encodePing(1n), 'pong')
    first.mine(1, 0)
    const compact = decodeCompactBlock(await peer.next('cmpctblock'))
    assert.equal(bitcoinHeaderCodec.idFromBytes(compact.header.subarray(4, 36)), chain.tip().id)
    assert.equal(compact.shortIds.length, 0)
  })
})
