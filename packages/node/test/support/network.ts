import { createServer } from 'node:net'
import { extendProfile, type NetworkProfile, presets, type ProfilePatch } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { ByteReader } from '@peerwright/core'
import { createNode, type NodeOptions, type PeerwrightNode } from '@peerwright/node'

/** A port that nobody listens on now. */
export async function freePort (ip = '127.0.0.1'): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, ip, () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
    })
  })
}

/** A chain in memory with mined blocks. */
export async function chainOf (blocks: number, sizeBytes = { min: 300, max: 2_000 }): Promise<ChainStore> {
  const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  for (const block of mineChain({ blocks, seed: 1, sizeBytes, parent: BITCOIN_REGTEST.genesisHeader })) {
    await chain.acceptHeaders([chain.codec.read(new ByteReader(block))])
    await chain.acceptBlock(block)
  }
  return chain
}

/** The profile on loopback, listening where it is told. */
export function local (profile: NetworkProfile, listen: ReadonlyArray<{ ip: string, port: number }>, policy: ProfilePatch['policy'] = {}): NetworkProfile {
  return extendProfile(profile, { policy: { addressScope: 'loopback', limitLoopback: false, listen, ...policy } })
}

/** QuantumCoin's limits on loopback, where they hold as anywhere. */
export function strict (port: number, policy: ProfilePatch['policy'] = {}): NetworkProfile {
  return extendProfile(presets.quantumcoin, { policy: { addressScope: 'loopback', seeds: [], listen: [{ ip: '127.0.0.1', port }], ...policy } })
}

/** Nodes that are stopped together. */
export class TestNodes {
  readonly #nodes: PeerwrightNode[] = []

  /** A started node. @param prepare - what is done with it before it starts */
  async start (options: NodeOptions, prepare: (node: PeerwrightNode) => void = () => {}): Promise<PeerwrightNode> {
    const node = await createNode(options)
    this.#nodes.push(node)
    prepare(node)
    await node.start()
    return node
  }

  async stop (): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map(async node => { await node.stop() }))
  }
}

/** Waits, turn by turn of the event loop, until a condition holds; the test's own timeout is the limit. */
export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>(resolve => { setImmediate(resolve) })
  }
}
