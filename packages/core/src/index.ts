/**
 * @packageDocumentation
 *
 * What every package of Peerwright needs, and nothing that only one of them does: time and randomness as interfaces,
 * collections with a limit, readers and writers of bytes, network addresses, and the three families of errors.
 * Its one dependency is `uint8arrays`; it runs wherever JavaScript does.
 *
 * @example Reading what a peer sent
 *
 * ```ts
 * import { ByteReader, PeerFault } from '@peerwright/core'
 *
 * const reader = new ByteReader(Uint8Array.of(2, 0xaa, 0xbb))
 * try {
 *   const payload = reader.varBytes(1_000)
 *   reader.end()
 *   console.info(payload.length)
 * } catch (error) {
 *   if (error instanceof PeerFault) {
 *     console.warn(error.code)
 *   }
 * }
 * ```
 */
export { type AddressKind, addressKind, type AddressScope, inScope, netgroup } from './address-scope.ts'
export { BoundedMap } from './bounded-map.ts'
export { BoundedQueue } from './bounded-queue.ts'
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'
export { type Clock, systemClock, type Timer } from './clock.ts'
export { InvariantError, invariant, type Offence, OperationError, PeerFault } from './errors.ts'
export { fromHex, toHex, toReversedHex } from './hex.ts'
export { IP_BYTES, IpAddress } from './ip-address.ts'
export { IpRange } from './ip-range.ts'
export { NetAddress } from './net-address.ts'
export { type Random, seededRandom, shuffled, systemRandom } from './random.ts'
export { release } from './release.ts'
export { TokenBucket, type TokenBucketRate } from './token-bucket.ts'
/** Whether two byte strings are the same. Not in constant time: for public values only. */
/** Memory that is not cleared: it holds anything, and each byte of it is to be written before anybody else sees it. */
export { allocUnsafe } from 'uint8arrays/alloc'
export { equals as equalBytes } from 'uint8arrays/equals'
