/**
 * @packageDocumentation
 *
 * What peers say: typed messages to bytes and back, and the one table of their types, streams, limits and owners. Payloads of
 * Bitcoin's messages are byte for byte Bitcoin's. Decoders take received bytes as they are: they compare every count and
 * length with what has arrived, copy nothing, and throw a `PeerFault` for anything that is wrong.
 *
 * @example
 *
 * ```ts
 * import { decodeTip, encodeTip, messageByType, messageType } from '@peerwright/protocol-messages'
 *
 * const payload = encodeTip({ id: new Uint8Array(32), height: 5, work: 77n })
 * console.info(messageByType(messageType('tip'))?.maxBytes, decodeTip(payload).height)
 * ```
 */
export { BITCOIN_HEADER_BYTES, bitcoinBits, bitcoinHeaderCodec, bitcoinMerkleRoot, bitcoinTime } from './bitcoin-header.ts'
export { type BlockView, checkCommitments, type CommitmentRules, type CommitmentVerdict, decodeBlock, txids, wtxids } from './block.ts'
export { decodeEnd, encodeEnd, type End } from './end.ts'
export { decodeGetHeaders, encodeGetHeaders, type GetHeaders, MAX_LOCATOR } from './get-headers.ts'
export { decodeGoodbye, encodeGoodbye, GOODBYE_CODES } from './goodbye.ts'
export { decodeHeaders, encodeHeaders, MAX_HEADERS } from './headers.ts'
export { sha256, sha256d } from './hash.ts'
export { decodeInventory, encodeInventory, INVENTORY_WITNESS_BLOCK, type InventoryEntry, MAX_GETDATA, MAX_INVENTORY } from './inventory.ts'
export { messageByType, type MessageName, type MessageRow, MESSAGES, messageType, payloadLimit } from './message-table.ts'
export { type MerkleResult, merkleRoot } from './merkle.ts'
export { decodePing, encodePing } from './ping.ts'
export { bitsOf, targetOf, workOf } from './target.ts'
export { decodeTip, encodeTip, type Tip } from './tip.ts'
export { isCoinbase, readTransaction, type TransactionView, txid, wtxid } from './transaction.ts'
export { encodeVarint, readVarint } from './varint.ts'
export { decodeVersion, encodeVersion, MAX_USER_AGENT_BYTES, type Version, type VersionExtension } from './version.ts'
