import { type Random, seededRandom } from '@peerwright/core'
import { LinkModel, type LinkQuality } from '../../src/link-model.ts'
import { settle } from '../../src/settle.ts'
import { Timeline } from '../../src/timeline.ts'
import { VirtualStream } from '../../src/virtual-stream.ts'
import { type End, Wire } from '../../src/wire.ts'

/** Two ends of a wire, and of a stream on it. */
export class Pair {
  readonly timeline: Timeline = new Timeline()
  readonly wire: Wire
  readonly ours: VirtualStream
  readonly theirs: VirtualStream
  /** Whether bytes pass */
  whole = true
  /** How often the wire said that it is over */
  ends = 0

  constructor (quality: Partial<LinkQuality> = {}, random: Random = seededRandom(1)) {
    const model = (): LinkModel => new LinkModel({ latencyMs: 10, jitterMs: 0, loss: 0, bytesPerSecond: Infinity, ...quality }, random)
    this.wire = new Wire({ timeline: this.timeline, models: [model(), model()], whole: () => this.whole, onEnd: () => { this.ends++ } })
    this.ours = this.#stream('dialler')
    this.theirs = this.#stream('listener')
    this.ours.join(this.theirs)
  }

  /** What the other end reads, as it comes. */
  reads (): { readonly bytes: () => number, readonly all: () => Uint8Array } {
    const chunks: Uint8Array[] = []
    this.theirs.addEventListener('message', ({ data }) => { chunks.push(data.subarray()) })
    return { bytes: () => chunks.reduce((sum, { length }) => sum + length, 0), all: () => new Uint8Array(Buffer.concat(chunks)) }
  }

  /** Lets time pass. */
  async run (ms: number): Promise<void> {
    await this.timeline.run(this.timeline.monotonic() + ms, settle)
  }

  #stream (end: End): VirtualStream {
    return new VirtualStream({
      timeline: this.timeline, wire: this.wire, end, protocol: '/test/1', direction: end === 'dialler' ? 'outbound' : 'inbound', onEnd: () => undefined
    })
  }
}
