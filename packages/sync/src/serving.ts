import type { BulkReply, MessageOwner, PeerSession } from '@peerwright/interface'
import { decodeGetHeaders, decodeInventory, encodeHeaders, MAX_HEADERS, messageByType, messageType } from '@peerwright/protocol-messages'
import { HEADERS_OVERHEAD_BYTES, MAX_BLOCKS_PER_REQUEST, RECENT_BLOCKS } from './constants.ts'
import type { SyncSetting } from './options.ts'
import { UploadBudget } from './upload-budget.ts'

const GETHEADERS = messageType('getheaders')
const GETDATA = messageType('getdata')
const HEADERS = messageType('headers')
const BLOCK = messageType('block')

/** Inventory types that ask for a block, with and without witnesses (BIP144). */
const BLOCK_TYPES: ReadonlySet<number> = new Set([2, 0x4000_0002])

/** Answers other nodes: headers from the active chain, blocks one at a time, within the upload target. */
export class Serving {
  readonly #setting: SyncSetting
  readonly #budget: UploadBudget

  constructor (setting: SyncSetting) {
    this.#setting = setting
    this.#budget = new UploadBudget(setting.maxUploadBytesPerDay, setting.clock.monotonic())
  }

  /** The requests it answers */
  readonly requests: NonNullable<MessageOwner['requests']> = {
    [GETHEADERS]: async (_, payload, reply) => { await this.#headers(payload, reply) },
    [GETDATA]: async (session, payload, reply) => { await this.#blocks(session, payload, reply) }
  }

  async #headers (payload: Uint8Array, reply: BulkReply): Promise<void> {
    const { chain } = this.#setting
    const { locator, stop } = decodeGetHeaders(payload)
    const limit = messageByType(HEADERS)?.maxBytes
    const fitting = typeof limit === 'number' ? Math.floor((limit - HEADERS_OVERHEAD_BYTES) / (chain.codec.maxSizeBytes + 1)) : MAX_HEADERS
    const ids = locator.map(id => chain.codec.idFromBytes(id))
    const found = chain.headersAfter(ids, stop && chain.codec.idFromBytes(stop), Math.min(MAX_HEADERS, Math.max(1, fitting)))
    await reply.send(HEADERS, encodeHeaders(found))
    await reply.end('complete')
  }

  async #blocks (session: PeerSession, payload: Uint8Array, reply: BulkReply): Promise<void> {
    const { chain, clock } = this.#setting
    for (const { type, id } of decodeInventory(payload, MAX_BLOCKS_PER_REQUEST)) {
      const block = BLOCK_TYPES.has(type) ? await chain.block(chain.codec.idFromBytes(id)) : undefined
      if (block === undefined || block === 'pruned') {
        await reply.end(block === 'pruned' ? 'pruned' : 'not-found')
        return
      }
      const nowMs = clock.monotonic()
      // Whoever dials us may call itself what it likes: only those that we dialled by hand are exempt
      const exempt = (session.class === 'manual' && session.direction === 'outbound') || this.#recent(chain.codec.idFromBytes(id))
      if (!exempt && !this.#budget.allows(block.length, nowMs)) {
        await reply.end('busy', this.#budget.retryAfterSeconds(nowMs))
        return
      }
      this.#budget.spend(block.length, nowMs)
      await reply.send(BLOCK, block)
    }
    await reply.end('complete')
  }

  #recent (id: string): boolean {
    const { chain } = this.#setting
    return (chain.point(id)?.height ?? 0) > chain.tip().height - RECENT_BLOCKS
  }
}
