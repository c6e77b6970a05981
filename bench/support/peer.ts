/** A peer of a benchmark, in a process of its own: serves a mined chain, and its bytes over a bare stream. */
import process from 'node:process'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { ByteReader } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { loopbackSpec, RAW_PROTOCOL } from './setting.ts'
import { spendingChain } from './spending-chain.ts'

const [port = 0, blocks = 0, size = 0] = process.argv.slice(2).map(Number)

const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
let bytes = 0
for (const block of spendingChain({ blocks, sizeBytes: size, transactionBytes: 400 })) {
  bytes += block.length
  await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
  await chain.acceptBlock(block)
}
const node = await createNode({ spec: loopbackSpec(port), chain })
await node.libp2p.handle(RAW_PROTOCOL, stream => {
  const chunk = new Uint8Array(65_536)
  let left = bytes
  const push = (): void => {
    while (left > 0) {
      const part = chunk.subarray(0, Math.min(left, chunk.length))
      left -= part.length
      if (!stream.send(part)) {
        return
      }
    }
  }
  stream.addEventListener('drain', push)
  stream.addEventListener('message', push, { once: true })
})
await node.start()
process.send?.({ peerId: node.network.localPeer, bytes })
process.once('message', () => {
  void node.stop().then(async () => { await chain.close() }).then(() => { process.disconnect() })
})
process.once('disconnect', () => { process.exit(0) })
