import { createRequire } from 'node:module'

/** A decoded message of bcoin. */
export interface Packet {
  toRaw (): Buffer
}

/** Of bcoin's classes, what the benchmark uses. Bytes are Buffers there. */
export interface Bcoin {
  readonly packets: Readonly<Record<'HeadersPacket' | 'InvPacket' | 'AddrPacket' | 'TXPacket' | 'CmpctBlockPacket', {
    fromRaw (bytes: Uint8Array): Packet
  }>>
  /** What its `block` packet holds is not decoded yet: this decodes it */
  readonly Block: { fromRaw (bytes: Uint8Array): BcoinBlock }
}

/** `headers`, decoded by bcoin. */
export interface BcoinHeaders extends Packet {
  readonly items: ReadonlyArray<{
    readonly version: number
    readonly prevBlock: string
    readonly merkleRoot: string
    readonly time: number
    readonly bits: number
    readonly nonce: number
    hash (encoding: 'hex'): string
  }>
}

/** `inv`, decoded by bcoin. */
export interface BcoinInventory extends Packet {
  readonly items: ReadonlyArray<{ readonly type: number, readonly hash: string }>
}

/** `addr`, decoded by bcoin. */
export interface BcoinAddresses extends Packet {
  readonly items: ReadonlyArray<{ isRoutable (): boolean }>
}

/** A block, decoded by bcoin. */
export interface BcoinBlock extends Packet {
  readonly merkleRoot: string
  createMerkleRoot (encoding: 'hex'): string | null
  /** Forgets the bytes that it was decoded from */
  refresh (all: boolean): void
}

const FOLDER = new URL('../../test/interop/bcoin/', import.meta.url)

/** Loads bcoin as `npm run interop:bcoin` has installed it: with its backends of plain JavaScript and of node:crypto. */
export async function loadBcoin (): Promise<Bcoin> {
  try {
    await import(new URL('plain-javascript.mjs', FOLDER).href)
  } catch (error) {
    throw new Error('bcoin is not installed: npm run interop:bcoin', { cause: error })
  }
  const load = createRequire(FOLDER)
  return { packets: load('bcoin/lib/net/packets') as Bcoin['packets'], Block: load('bcoin/lib/primitives/block') as Bcoin['Block'] }
}
