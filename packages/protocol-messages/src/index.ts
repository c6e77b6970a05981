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
export { type AddressEntry, AddressList, decodeAddresses, encodeAddresses, MAX_ADDRESSES } from './addresses.ts'
export { type AddressV2Entry, decodeAddressesV2, dialableAddress, encodeAddressesV2, NETWORKS } from './addresses-v2.ts'
export { BITCOIN_HEADER_BYTES, bitcoinBits, bitcoinHeaderCodec, bitcoinMerkleRoot, bitcoinTime } from './bitcoin-header.ts'
export { checkCommitments, type CommitmentRules, type CommitmentVerdict, txids, wtxids } from './block.ts'
export { BlockView, decodeBlock, encodeBlock, TransactionList } from './block-view.ts'
export {
  type BlockTransactions, type CompactBlock, decodeBlockTransactions, decodeCompactBlock, decodeGetBlockTransactions, encodeBlockTransactions,
  encodeCompactBlock, encodeGetBlockTransactions, type GetBlockTransactions, MAX_COMPACT_TRANSACTIONS, type PrefilledTransaction, SHORT_ID_BYTES,
  shortIdKey
} from './compact-block.ts'
export { decodeEmpty } from './empty.ts'
export { decodeEnd, encodeEnd, type End } from './end.ts'
export { decodeFeeFilter, encodeFeeFilter } from './fee-filter.ts'
export { decodeGetHeaders, encodeGetHeaders, type GetHeaders, MAX_LOCATOR } from './get-headers.ts'
export { decodeGoodbye, encodeGoodbye, GOODBYE_CODES } from './goodbye.ts'
export { sha256 } from './hash.ts'
export { sha256d } from './hash-batch.ts'
export { decodeHeaderList, HeaderList } from './header-list.ts'
export { decodeHeaders, encodeHeaders, MAX_HEADERS } from './headers.ts'
export { IdSet } from './id-set.ts'
export {
  decodeInventory, encodeInventory, INVENTORY_BLOCK, INVENTORY_TRANSACTION, INVENTORY_WITNESS_BLOCK, INVENTORY_WITNESS_TRANSACTION, INVENTORY_WTXID,
  type InventoryEntry, InventoryList, MAX_GETDATA, MAX_INVENTORY
} from './inventory.ts'
export { type MerkleResult, merkleRoot } from './merkle.ts'
export type { ClassicMessageName, ClassicMessageRow, MessageName, MessageRow, PayloadLimit, SessionMessageName, SessionMessageRow } from './message-row.ts'
export { messageByName, messageByType, MESSAGES, messageType, payloadLimit } from './message-table.ts'
export { decodeOpaque, encodeOpaque, type OpaqueMessageName } from './opaque.ts'
export { decodePeerRecords, encodePeerRecords, MAX_PEER_RECORDS, type PeerRecordEntry, type PeerRecords } from './peer-records.ts'
export { decodePing, encodePing } from './ping.ts'
export { decodeProof, encodeProof, MAX_CERTIFICATE_BYTES, type Proof, type ProofAnswer, type ProofChallenge } from './proof.ts'
export { PROOF_SUITES, type ProofSuite, requireSuite } from './proof-suite.ts'
export { decodeQuantumProof, encodeQuantumProof, type QuantumProof } from './quantum-proof.ts'
export { decodeReject, type Reject } from './reject.ts'
export { decodeSendCompact, encodeSendCompact, type SendCompact } from './send-compact.ts'
export { bitsOf, targetOf, workOf } from './target.ts'
export { decodeTip, encodeTip, type Tip } from './tip.ts'
export { decodeTransaction, isCoinbase, readTransaction, type TransactionView, txid, wtxid } from './transaction.ts'
export { encodeTransaction, partsOf, type TransactionInput, type TransactionOutput, type TransactionParts } from './transaction-parts.ts'
export { encodeVarint, readVarint } from './varint.ts'
export { decodeVersion, encodeVersion, MAX_USER_AGENT_BYTES, type Version, type VersionExtension } from './version.ts'
export { Witness } from './witness.ts'
