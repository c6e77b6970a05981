import { ByteReader, PeerFault } from '@peerwright/core'
import type { BlockHeader, BlockId, ChainPoint } from '@peerwright/interface'
import { idOf, TinyChain } from '@peerwright/testing'

const { codec } = new TinyChain()

/** A header of branch `number`, made when it is asked for. */
function headerAt (height: number, number: number, parentBranch: number, work: number): BlockHeader {
  const bytes = new Uint8Array(65)
  bytes.set(codec.idToBytes(idOf(number, height)))
  bytes.set(codec.idToBytes(idOf(parentBranch, height - 1)), 32)
  bytes[64] = work
  return codec.read(new ByteReader(bytes))
}

const heightOf = (id: BlockId): number => Number.parseInt(id.slice(0, 8), 16)

/** A chain on paper: it has no blocks, serves as many headers as it is said to have, and claims what it is told to claim. */
export class PaperChain extends TinyChain {
  readonly #length: number
  /** Headers served so far */
  served = 0
  /** The branch of each header served, by its height and by how often it was asked for before */
  branchAt: (height: number, times: number) => number = () => 1
  /** The work that each header claims, 1 to 255 */
  workAt: (height: number, times: number) => number = () => 1
  readonly #asked = new Map<number, number>()

  readonly #claim: ChainPoint

  constructor (length: number, claim: { readonly height?: number, readonly work?: bigint } = {}) {
    super()
    const { height = length, work = BigInt(length) + 1n } = claim
    this.#length = length
    this.#claim = { id: idOf(1, height), height, work }
  }

  override tip (): ChainPoint {
    return this.#claim
  }

  override headersAfter ([first]: readonly BlockId[], stop: BlockId | undefined, limit: number): Uint8Array[] {
    const from = first === undefined ? 0 : heightOf(first)
    if (stop !== undefined && heightOf(stop) !== 0) {
      throw new PeerFault('not-here', 'a chain on paper ends nowhere before its end')
    }
    const times = this.#asked.get(from) ?? 0
    this.#asked.set(from, times + 1)
    const headers = Array.from({ length: Math.max(0, Math.min(limit, this.#length - from)) }, (_, index) => {
      const height = from + 1 + index
      return headerAt(height, this.branchAt(height, times), this.branchAt(height - 1, times), this.workAt(height, times)).bytes
    })
    this.served += headers.length
    return headers
  }
}
