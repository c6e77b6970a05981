/**
 * @packageDocumentation
 *
 * The classic 24-byte frame of Bitcoin's family (magic, command, length, checksum) around the same payloads: for tests, tools and
 * whoever reads captured traffic. It is neither encrypted nor authenticated, and nothing of Peerwright listens for it.
 *
 * @example
 *
 * ```ts
 * import { encodePing } from '@peerwright/protocol-messages'
 * import { bitcoinFraming, ClassicReader, encodeClassicFrame } from '@peerwright/protocol-messages/classic'
 *
 * const framing = bitcoinFraming(Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda), 4_000_000)
 * const reader = new ClassicReader(framing)
 * for (const { command, payload } of reader.push(encodeClassicFrame(framing, { command: 'ping', payload: encodePing(5n) }))) {
 *   console.info(command, payload.length)
 * }
 * ```
 */
export { bitcoinFraming, CLASSIC_HEADER_BYTES, type ClassicFrame, type ClassicFraming, decodeClassicFrame, encodeClassicFrame } from './classic-frame.ts'
export { ClassicReader } from './classic-reader.ts'
export { classicPayloadLimit, messageByCommand } from './message-table.ts'
