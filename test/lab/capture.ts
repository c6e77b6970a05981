import { ByteWriter } from '@peerwright/core'

/** Link type of packets that begin with their IP header (the registry of link types of libpcap). */
const LINKTYPE_RAW = 101

/** Bytes of TCP payload in a packet. Chosen: as on Ethernet, so that messages are cut. */
const SEGMENT_BYTES = 1_400

const IP_HEADER_BYTES = 20
const TCP_HEADER_BYTES = 20

/** Push and acknowledgement. */
const TCP_FLAGS = 0x18

/** A capture file (libpcap's classic format) of one direction of a TCP connection from 127.0.0.1 to a port of it. */
export function captureOf (stream: Uint8Array, port: number): Uint8Array {
  const writer = new ByteWriter(2 * stream.length + 1_024)
  // Magic, version 2.4, time zone 0, accuracy 0, longest packet, link type
  writer.u32le(0xa1b2_c3d4).u16le(2).u16le(4).u32le(0).u32le(0).u32le(65_535).u32le(LINKTYPE_RAW)
  for (let start = 0; start < stream.length; start += SEGMENT_BYTES) {
    const payload = stream.subarray(start, start + SEGMENT_BYTES)
    const length = IP_HEADER_BYTES + TCP_HEADER_BYTES + payload.length
    writer.u32le(1_700_000_000).u32le(start % 1_000_000).u32le(length).u32le(length)
    // IPv4: version and length, service 0, length, id 0, no fragments, 64 hops, TCP, no checksum
    writer.u8(0x45).u8(0).u16be(length).u16be(0).u16be(0x4000).u8(64).u8(6).u16be(0).u32be(0x7f00_0001).u32be(0x7f00_0001)
    writer.u16be(50_000).u16be(port).u32be(1 + start).u32be(1).u8(0x50).u8(TCP_FLAGS).u16be(65_535).u16be(0).u16be(0).bytes(payload)
  }
  return writer.finish()
}
