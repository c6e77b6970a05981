import { addressKind, systemRandom } from '@peerwright/core'
import {
  bitcoinMerkleRoot, decodeAddresses, decodeBlock, decodeCompactBlock, decodeHeaderList, decodeInventory, decodeTransaction, encodeAddresses, encodeBlock,
  encodeHeaders, encodeInventory, IdSet, MAX_INVENTORY, merkleRoot, partsOf, txids
} from '@peerwright/protocol-messages'
import type { Bcoin, BcoinAddresses, BcoinHeaders, BcoinInventory, Packet } from './wire-bcoin.ts'
import type { Duel } from './wire-measure.ts'
import { addressesPayload, headersPayload, inventoryPayload, realPayload } from './wire-payloads.ts'

/** What is asked for: decoding, decoding and using what was decoded, encoding. */
const DECODE = 5
const USE = 1.5
const ENCODE = 3

const INVENTORY = 1_000

/** `headers`: 2,000 of them. Used: every field is read and every link is checked. */
export function headersDuels ({ packets }: Bcoin): Duel[] {
  const payload = headersPayload()
  const buffer = Buffer.from(payload)
  const ours = decodeHeaderList(payload)
  const headers = Array.from({ length: ours.length }, (_, index) => ours.at(index))
  const theirs = packets.HeadersPacket.fromRaw(buffer) as BcoinHeaders
  return [
    { name: 'headers: decode', target: DECODE, ours: () => decodeHeaderList(payload), theirs: () => packets.HeadersPacket.fromRaw(buffer) },
    {
      name: 'headers: decode and use',
      target: USE,
      ours: () => {
        const list = decodeHeaderList(payload)
        let sum = 0
        for (let index = 0; index < list.length; index++) {
          sum += list.versionAt(index) + list.timeAt(index) + list.bitsAt(index) + list.nonceAt(index) + list.parentAt(index).length + list.merkleRootAt(index).length
        }
        return list.isContinuous() ? sum : wrong()
      },
      theirs: () => {
        const { items } = packets.HeadersPacket.fromRaw(buffer) as BcoinHeaders
        let sum = 0
        let last: string | undefined
        for (const header of items) {
          sum += header.version + header.time + header.bits + header.nonce + header.prevBlock.length + header.merkleRoot.length
          if (last !== undefined && header.prevBlock !== last) {
            wrong()
          }
          last = header.hash('hex')
        }
        return sum
      }
    },
    encoding('headers: encode', () => encodeHeaders(headers), theirs)
  ]
}

/** `inv`: 1,000 transactions. Used: each is looked up among as many, of which half are its own. */
export function inventoryDuels ({ packets }: Bcoin): Duel[] {
  const payload = inventoryPayload(INVENTORY)
  const buffer = Buffer.from(payload)
  const entries = [...decodeInventory(payload, MAX_INVENTORY)]
  const known = new IdSet(INVENTORY, systemRandom)
  entries.filter((_, index) => index % 2 === 0).forEach(({ id }) => known.add(id))
  const theirs = packets.InvPacket.fromRaw(buffer) as BcoinInventory
  const theirKnown = new Set(theirs.items.filter((_, index) => index % 2 === 0).map(({ hash }) => hash))
  return [
    { name: 'inv: decode', target: DECODE, ours: () => decodeInventory(payload, MAX_INVENTORY), theirs: () => packets.InvPacket.fromRaw(buffer) },
    {
      name: 'inv: decode and use',
      target: USE,
      ours: () => {
        const list = decodeInventory(payload, MAX_INVENTORY)
        let found = 0
        for (let index = 0; index < list.length; index++) {
          found += list.typeAt(index) === 1 && known.has(list.bytes, list.idStart(index)) ? 1 : 0
        }
        return found === INVENTORY / 2 ? found : wrong()
      },
      theirs: () => {
        let found = 0
        for (const { type, hash } of (packets.InvPacket.fromRaw(buffer) as BcoinInventory).items) {
          found += type === 1 && theirKnown.has(hash) ? 1 : 0
        }
        return found === INVENTORY / 2 ? found : wrong()
      }
    },
    encoding('inv: encode', () => encodeInventory(entries), theirs)
  ]
}

/** `addr`: 1,000 addresses. Used: each is found to be public or not. */
export function addressesDuels ({ packets }: Bcoin): Duel[] {
  const payload = addressesPayload()
  const buffer = Buffer.from(payload)
  const entries = [...decodeAddresses(payload)]
  const theirs = packets.AddrPacket.fromRaw(buffer)
  return [
    { name: 'addr: decode', target: DECODE, ours: () => decodeAddresses(payload), theirs: () => packets.AddrPacket.fromRaw(buffer) },
    {
      name: 'addr: decode and use',
      target: USE,
      ours: () => {
        const list = decodeAddresses(payload)
        let sum = 0
        for (let index = 0; index < list.length; index++) {
          sum += addressKind(list.ipAt(index)) === 'public' ? 1 : 0
        }
        return sum === 900 ? sum : wrong()
      },
      theirs: () => {
        let sum = 0
        for (const address of (packets.AddrPacket.fromRaw(buffer) as BcoinAddresses).items) {
          sum += address.isRoutable() ? 1 : 0
        }
        return sum === 900 ? sum : wrong()
      }
    },
    encoding('addr: encode', () => encodeAddresses(entries), theirs)
  ]
}

/** A real block. Used: the ids of its transactions are hashed, and the Merkle root. */
export function blockDuels ({ Block }: Bcoin, name: string): Duel[] {
  const payload = realPayload(name)
  if (payload === undefined) {
    return []
  }
  const buffer = Buffer.from(payload)
  const { header, transactions } = decodeBlock(payload)
  const parts = transactions.map(partsOf)
  const theirs = Block.fromRaw(buffer)
  return [
    { name: `${name}: decode`, target: DECODE, ours: () => decodeBlock(payload), theirs: () => Block.fromRaw(buffer) },
    {
      name: `${name}: decode and use`,
      target: USE,
      ours: () => {
        const block = decodeBlock(payload)
        const root = Buffer.from(merkleRoot(txids(block)).root)
        return root.equals(bitcoinMerkleRoot(block.header)) ? root : wrong()
      },
      theirs: () => {
        const block = Block.fromRaw(buffer)
        return block.createMerkleRoot('hex') === block.merkleRoot ? block : wrong()
      }
    },
    encoding(`${name}: encode from fields`, () => encodeBlock(header, parts), theirs, () => { theirs.refresh(true) })
  ]
}

/** One transaction, and a compact block: only decoded. */
export function smallDuels ({ packets }: Bcoin): Duel[] {
  const compact = realPayload('compact426884.raw')
  const block = realPayload('block928816.raw')
  if (compact === undefined || block === undefined) {
    return []
  }
  const transaction = Uint8Array.from(decodeBlock(block).list.at(2).bytes)
  const [compactBuffer, transactionBuffer] = [Buffer.from(compact), Buffer.from(transaction)]
  return [
    { name: 'tx: decode', target: DECODE, ours: () => decodeTransaction(transaction), theirs: () => packets.TXPacket.fromRaw(transactionBuffer) },
    { name: 'compact426884.raw: decode', target: DECODE, ours: () => decodeCompactBlock(compact), theirs: () => packets.CmpctBlockPacket.fromRaw(compactBuffer) }
  ]
}

/**
 * Encoding what was decoded, into memory of its own for each message.
 *
 * @param forget - has bcoin forget the bytes that it keeps, as its own code does where fields have changed
 */
function encoding (name: string, ours: () => Uint8Array, theirs: Packet, forget = (): void => {}): Duel {
  const toRaw = (): Buffer => {
    forget()
    return theirs.toRaw()
  }
  return toRaw().equals(ours()) ? { name, target: ENCODE, ours, theirs: toRaw } : wrong()
}

function wrong (): never {
  throw new Error('a side did other work')
}
