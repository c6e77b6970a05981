import { BITCOIN_REGTEST, type ChainStore, openChainStore } from '@peerwright/chain-store'
import { mineChain, type MinerOptions } from '@peerwright/chain-store/miner'
import { ByteReader, NetAddress } from '@peerwright/core'
import type { Chain } from '@peerwright/interface'
import { createSync, type Sync, type SyncInit, type SyncPhase } from '@peerwright/sync'
import { MemoryHub, type MemoryLinkOptions, type MemoryNetwork, MemorySession, VirtualClock } from '@peerwright/testing'

/** Blocks of a chain, the same for the same seed. */
export function mined (blocks: number, more: Partial<MinerOptions> = {}): Uint8Array[] {
  return [...mineChain({ blocks, seed: 1, sizeBytes: { min: 300, max: 1_000 }, parent: BITCOIN_REGTEST.genesisHeader, ...more })]
}

/** A chain in memory that has these blocks. */
export async function chainOf (blocks: readonly Uint8Array[] = []): Promise<ChainStore> {
  const chain = await openChainStore({ location: 'memory', params: BITCOIN_REGTEST })
  const headers = blocks.map(block => chain.codec.read(new ByteReader(block)))
  for (let at = 0; at < headers.length; at += 2_000) {
    await chain.acceptHeaders(headers.slice(at, at + 2_000))
  }
  await Promise.all(blocks.map(async block => await chain.acceptBlock(block)))
  return chain
}

/** Makes all sessions of a node answer nothing any more, as a peer does that hangs. */
export function freeze ({ network }: SyncNode): void {
  for (const session of network.sessions()) {
    if (session instanceof MemorySession) {
      session.frozen = true
    }
  }
}

/** One node of a network in memory. */
export interface SyncNode {
  readonly network: MemoryNetwork
  readonly sync: Sync
  readonly chain: Chain
  readonly phases: SyncPhase[]
  readonly failures: string[]
}

/** A network in memory on a virtual clock. */
export class SyncNetwork {
  readonly clock: VirtualClock = new VirtualClock()
  readonly hub: MemoryHub
  readonly #nodes: SyncNode[] = []

  constructor (links: Partial<MemoryLinkOptions> = {}) {
    this.hub = new MemoryHub({ clock: this.clock, latencyMs: 25, ...links })
  }

  /** A node that syncs and serves. */
  node (chain: Chain, options: Partial<SyncInit> = {}): SyncNode {
    const number = this.#nodes.length + 1
    const address = NetAddress.from(`10.0.0.${number}`, 8333)
    if (address === undefined) {
      throw new Error('no address')
    }
    const network = this.hub.node({ address, peerId: `peer-${number}` })
    const sync = createSync({ clock: this.clock, ...options, network, chain })
    const node: SyncNode = { network, sync, chain, phases: [sync.progress().phase], failures: [] }
    sync.observe({
      phase: phase => node.phases.push(phase),
      peerFailed: (peerId, reason) => node.failures.push(`${peerId}: ${reason}`)
    })
    sync.start()
    this.#nodes.push(node)
    return node
  }

  /** Connects two nodes. */
  async connect (from: SyncNode, to: SyncNode): Promise<void> {
    const session = from.network.connect({ address: to.network.address }, { class: 'full' })
    await this.clock.until(() => from.network.sessions().some(({ peerId }) => peerId === to.network.localPeer))
    await session
  }

  /** Turns the clock until both stand at the same tip. */
  async untilLevel (fresh: SyncNode, other: SyncNode, limitMs = 600_000): Promise<void> {
    await this.clock.until(() => fresh.chain.tip().id === other.chain.tip().id, limitMs)
  }

  stop (): void {
    for (const { sync } of this.#nodes) {
      sync.stop()
    }
  }
}
