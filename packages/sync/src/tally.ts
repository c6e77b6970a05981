import { BoundedMap } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import type { SyncPeer } from './peers.ts'
import type { PeerProgress } from './progress.ts'
import { Rate } from './rate.ts'

/** Peers whose share of the blocks is remembered for the progress report. Chosen: enough for a report, bounded. */
const MAX_REPORTED_PEERS = 64

/** Counts what came since the start, and from whom. */
export class Tally {
  readonly #given = new BoundedMap<PeerIdText, { blocks: number, bytes: number, rate: Rate }>(MAX_REPORTED_PEERS)
  readonly #headerRate: Rate
  readonly #blockRate: Rate
  #headers = 0
  #looked = 0
  #blocks = 0
  #bytes = 0

  constructor (nowMs: number) {
    this.#headerRate = new Rate(nowMs)
    this.#blockRate = new Rate(nowMs)
  }

  /** Grows with whatever comes: the same twice means that nothing came */
  get mark (): number {
    return this.#headers + this.#looked + this.#blocks
  }

  /** Headers were taken. */
  addHeaders (count: number, nowMs: number): void {
    this.#headers += count
    this.#headerRate.add(count, nowMs)
  }

  /** Headers were looked at that are not taken yet. */
  addLooked (count: number): void {
    this.#looked += count
  }

  /** A block connected. */
  addConnected (nowMs: number): void {
    this.#blockRate.add(1, nowMs)
  }

  /** A peer brought a block. */
  addBlock ({ session: { peerId, facts }, rate }: SyncPeer, sizeBytes: number, nowMs: number): void {
    this.#blocks++
    this.#bytes += sizeBytes
    const given = this.#given.get(peerId) ?? this.#add(peerId, rate)
    given.blocks++
    given.bytes += sizeBytes
    given.rate = rate
    rate.add(sizeBytes, nowMs)
    facts.blocks = given.blocks
    facts.lastBlockMs = nowMs
  }

  /** What came, most bytes first. */
  report (nowMs: number): { headers: number, blocks: number, bytes: number, headersPerSecond: number, blocksPerSecond: number, peers: PeerProgress[] } {
    const peers = [...this.#given].map(([peerId, { blocks, bytes, rate }]) => ({ peerId, blocks, bytes, bytesPerSecond: rate.perSecond(nowMs) }))
    return {
      headers: this.#headers,
      blocks: this.#blocks,
      bytes: this.#bytes,
      headersPerSecond: this.#headerRate.perSecond(nowMs),
      blocksPerSecond: this.#blockRate.perSecond(nowMs),
      peers: peers.sort((a, b) => b.bytes - a.bytes)
    }
  }

  #add (peerId: PeerIdText, rate: Rate): { blocks: number, bytes: number, rate: Rate } {
    const given = { blocks: 0, bytes: 0, rate }
    this.#given.set(peerId, given)
    return given
  }
}
