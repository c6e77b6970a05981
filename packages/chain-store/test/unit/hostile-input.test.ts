import assert from 'node:assert/strict'
import { BITCOIN_MAIN, BITCOIN_REGTEST, type ChainParams, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader, ByteWriter, OperationError } from '@peerwright/core'
import { bitcoinHeaderCodec, merkleRoot, sha256d, targetOf } from '@peerwright/protocol-messages'

async function regtest (params: Partial<ChainParams> = {}): Promise<ChainStore> {
  return await openChainStore({ location: 'memory', params: { ...BITCOIN_REGTEST, ...params } })
}

/** A block on genesis of one transaction, with as much work as regtest asks for. */
function blockOf (transaction: Uint8Array): Uint8Array {
  const { id } = bitcoinHeaderCodec.read(new ByteReader(BITCOIN_REGTEST.genesisHeader))
  for (let nonce = 0; ; nonce++) {
    const header = new ByteWriter(80).u32le(4).bytes(bitcoinHeaderCodec.idToBytes(id))
    header.bytes(merkleRoot(sha256d(transaction)).root).u32le(1_296_689_202).u32le(0x207f_ffff).u32le(nonce)
    const bytes = header.finish()
    if (BigInt(`0x${bitcoinHeaderCodec.read(new ByteReader(bytes)).id}`) <= targetOf(0x207f_ffff)) {
      return Uint8Array.from([...bytes, 1, ...transaction])
    }
  }
}

describe('the chain store and hostile input', () => {
  it('answers a body whose header is none with a verdict, not with an error', async () => {
    const chain = await regtest()
    const [block] = mineChain({ blocks: 1, seed: 1, sizeBytes: { min: 300, max: 300 }, parent: BITCOIN_REGTEST.genesisHeader })
    const withoutTarget = Uint8Array.from(block ?? [])
    withoutTarget.fill(0, 72, 76)
    for (const bytes of [new Uint8Array(0), new Uint8Array(79), new Uint8Array(80), withoutTarget]) {
      const verdict = await chain.acceptBlock(bytes)
      assert.equal(verdict.status, 'invalid')
      assert.ok(!('id' in verdict))
    }
  })

  it('refuses a body without a coinbase in front, though its Merkle root is right', async () => {
    const chain = await regtest()
    const writer = new ByteWriter().u32le(1).compactSize(1).bytes(new Uint8Array(32).fill(9)).u32le(0).varBytes(new Uint8Array(4)).u32le(0)
    const block = blockOf(writer.compactSize(1).u64le(5n).varBytes(new Uint8Array(0)).u32le(0).finish())
    assert.equal((await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])).status, 'valid')
    const verdict = await chain.acceptBlock(block)
    assert.ok(verdict.status === 'invalid' && /coinbase/.test(verdict.reason), JSON.stringify(verdict))
    assert.equal(chain.tip().height, 0)
    assert.equal(chain.missingBlocks(10).length, 1, 'another body may still fit the header')
  })

  it('keeps headers apart from the bytes that they came in', async () => {
    const chain = await regtest()
    const [block] = mineChain({ blocks: 1, seed: 1, sizeBytes: { min: 300, max: 300 }, parent: BITCOIN_REGTEST.genesisHeader })
    assert.ok(block !== undefined)
    const header = block.slice(0, 80)
    await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
    await chain.acceptBlock(Uint8Array.from(block))
    block.fill(0)
    const [served] = chain.headersAfter([], undefined, 10)
    assert.deepEqual(served, header)
    assert.equal(served?.buffer.byteLength, 80, 'a view would keep the whole block in memory')
  })

  it('names the parameter that is wrong', async () => {
    const wrong: ReadonlyArray<readonly [RegExp, Partial<ChainParams>]> = [
      [/genesisHeader/, { genesisHeader: new Uint8Array(79) }],
      [/powLimitBits/, { powLimitBits: 0 }],
      [/powLimitBits/, { powLimitBits: 0x2200_0100 }],
      [/retarget/, { retarget: { intervalBlocks: 1, targetTimespanSeconds: 600 } }],
      [/retarget/, { retarget: { intervalBlocks: 10, targetTimespanSeconds: 0.5 } }],
      [/magic/, { magic: [1, 2, 3, 256] }],
      [/maxBlockBytes/, { maxBlockBytes: 10 }],
      [/maxReorgDepth/, { maxReorgDepth: 0 }]
    ]
    for (const [name, params] of wrong) {
      await assert.rejects(regtest(params), error => error instanceof OperationError && error.code === 'invalid-option' && name.test(error.message))
    }
    await (await openChainStore({ location: 'memory', params: BITCOIN_MAIN })).close()
  })

  it('bounds a retarget by a quarter that is no whole number of seconds, as Bitcoin does', async () => {
    // 10 blocks in 5,400 s were meant to take 40,003 s: a quarter is 10,000.75 s, and the target of block 10 becomes harder
    const chain = await regtest({ retarget: { intervalBlocks: 10, targetTimespanSeconds: 40_003 } })
    const blocks = [...mineChain({ blocks: 12, seed: 2, sizeBytes: { min: 300, max: 300 }, parent: BITCOIN_REGTEST.genesisHeader })]
    const verdict = await chain.acceptHeaders(blocks.map(block => chain.codec.read(new ByteReader(block))))
    assert.ok(verdict.status === 'invalid' && verdict.index === 9 && /target/.test(verdict.reason), JSON.stringify(verdict))
    assert.equal(chain.headerTip().height, 9, 'those before it were taken')
  })
})
