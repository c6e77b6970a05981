/**
 * A node inside an application that brings its own chain: blocks are lines of text, ids are SHA-256, every block weighs one
 * unit of work. Two nodes run here; the second one starts empty and ends where the first one stands.
 *
 * Run: npx --no-install node --conditions=source examples/own-chain.ts
 */
import { createHash } from 'node:crypto'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { type ByteReader, fromHex, NetAddress, PeerFault, toHex } from '@peerwright/core'
import type {
  BlockHeader, BlockId, BlockRef, BlockVerdict, Chain, ChainObserver, ChainPoint, HeaderCodec, HeadersVerdict
} from '@peerwright/interface'
import { createNode, type PeerwrightNode } from '@peerwright/node'

/** A header is the parent's id and the hash of the text: 64 bytes. A block is a header and the text. */
const HEADER_BYTES = 64

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

const codec: HeaderCodec = {
  maxSizeBytes: HEADER_BYTES,
  read (reader: ByteReader): BlockHeader {
    const bytes = reader.bytes(HEADER_BYTES)
    return { id: toHex(sha256(bytes)), parent: toHex(bytes.subarray(0, 32)), work: 1n, bytes }
  },
  idToBytes: id => fromHex(id) ?? new Uint8Array(32),
  idFromBytes: toHex
}

/** A chain without forks, in memory. */
class LineChain implements Chain {
  readonly genesis: BlockId = '00'.repeat(32)
  readonly codec: HeaderCodec = codec
  readonly #headers: BlockHeader[] = []
  readonly #bodies = new Map<BlockId, Uint8Array>()
  readonly #observers = new Set<ChainObserver>()
  #height = 0

  /** The texts of the chain, in order */
  get lines (): string[] {
    return this.#headers.slice(0, this.#height).map(({ id }) => new TextDecoder().decode(this.#bodies.get(id)?.subarray(HEADER_BYTES)))
  }

  /** Adds a block of our own. */
  async write (line: string): Promise<void> {
    const text = new TextEncoder().encode(line)
    const block = new Uint8Array(HEADER_BYTES + text.length)
    block.set(codec.idToBytes(this.headerTip().id))
    block.set(sha256(text), 32)
    block.set(text, HEADER_BYTES)
    await this.acceptHeaders([headerOf(block)])
    await this.acceptBlock(block)
  }

  tip (): ChainPoint {
    return this.#at(this.#height)
  }

  headerTip (): ChainPoint {
    return this.#at(this.#headers.length)
  }

  point (id: BlockId): ChainPoint | undefined {
    const height = this.#heightOf(id)
    return height === undefined ? undefined : this.#at(height)
  }

  ancestor (id: BlockId, height: number): BlockId | undefined {
    const own = this.#heightOf(id)
    return own === undefined || own < height ? undefined : this.#at(height).id
  }

  locator (): BlockId[] {
    return [this.headerTip().id, this.genesis]
  }

  headersAfter (locator: readonly BlockId[], _stop: BlockId | undefined, limit: number): Uint8Array[] {
    const start = locator.map(id => this.#heightOf(id)).find(height => height !== undefined) ?? 0
    return this.#headers.slice(start, Math.min(this.#height, start + limit)).map(({ bytes }) => bytes)
  }

  missingBlocks (limit: number, aboveHeight: number = this.#height): BlockRef[] {
    return this.#headers.map(({ id }, at) => ({ id, height: at + 1 })).filter(({ id, height }) => height > aboveHeight && !this.#bodies.has(id)).slice(0, limit)
  }

  async acceptHeaders (headers: readonly BlockHeader[]): Promise<HeadersVerdict> {
    let added = 0
    for (const [index, header] of headers.entries()) {
      if (this.#heightOf(header.id) !== undefined) {
        continue
      }
      if (header.parent !== this.headerTip().id) {
        return index === 0 ? { status: 'unknown-parent' } : { status: 'invalid', index, reason: 'this chain has no forks' }
      }
      this.#headers.push(header)
      added++
    }
    this.#tell(observer => observer.headers?.(this.headerTip()))
    return await Promise.resolve({ status: 'valid', added, last: this.headerTip() })
  }

  async acceptBlock (bytes: Uint8Array): Promise<BlockVerdict> {
    if (bytes.length < HEADER_BYTES) {
      throw new PeerFault('short-block', 'a block is at least a header')
    }
    const { id } = headerOf(bytes)
    if (this.#heightOf(id) === undefined) {
      return await Promise.resolve({ status: 'unknown-header', id })
    }
    if (toHex(sha256(bytes.subarray(HEADER_BYTES))) !== toHex(bytes.subarray(32, HEADER_BYTES))) {
      return { status: 'invalid', id, reason: 'its text is another one' }
    }
    this.#bodies.set(id, Uint8Array.from(bytes))
    const connected: ChainPoint[] = []
    for (let next = this.#headers[this.#height]; next !== undefined && this.#bodies.has(next.id); next = this.#headers[this.#height]) {
      this.#height++
      connected.push(this.tip())
    }
    for (const point of connected) {
      this.#tell(observer => observer.connected?.(point))
    }
    return connected.length > 0 ? { status: 'connected', id, connected } : { status: 'stored', id }
  }

  async block (id: BlockId): Promise<Uint8Array | undefined> {
    return await Promise.resolve(this.#bodies.get(id))
  }

  observe (observer: ChainObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }

  #at (height: number): ChainPoint {
    return { id: this.#headers[height - 1]?.id ?? this.genesis, height, work: BigInt(height) }
  }

  #heightOf (id: BlockId): number | undefined {
    const at = this.#headers.findIndex(header => header.id === id)
    return at >= 0 ? at + 1 : id === this.genesis ? 0 : undefined
  }

  #tell (what: (observer: ChainObserver) => void): void {
    this.#observers.forEach(what)
  }
}

function headerOf (block: Uint8Array): BlockHeader {
  const bytes = block.subarray(0, HEADER_BYTES)
  return { id: toHex(sha256(bytes)), parent: toHex(bytes.subarray(0, 32)), work: 1n, bytes }
}

async function nodeOn (port: number, chain: Chain, peer?: number): Promise<PeerwrightNode> {
  const spec = extendProfile(presets.quantumpay, { policy: { addressScope: 'loopback', limitLoopback: false, listen: [{ ip: '127.0.0.1', port }] } })
  const address = peer === undefined ? undefined : NetAddress.from('127.0.0.1', peer)
  return await createNode({ spec, chain, peers: address === undefined ? [] : [{ address }] })
}

const [first, second] = [new LineChain(), new LineChain()]
for (const line of ['the first line', 'the second line', 'the third line']) {
  await first.write(line)
}

// Ports are chosen, never drawn: take others where these are in use
const base = Number(process.env['EXAMPLE_PORT'] ?? 17_001)
const a = await nodeOn(base, first)
const b = await nodeOn(base + 1, second, base)
await a.start()
await b.start()
await b.sync.synced(AbortSignal.timeout(20_000))
console.info(second.lines.join('\n'))
await b.stop()
await a.stop()
