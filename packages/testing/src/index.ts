/**
 * @packageDocumentation
 *
 * How the packages of Peerwright are tried out: a clock that is turned by hand, a network in memory, somebody on the way between two
 * sockets, compliance suites that every implementation of a contract must pass, and a fuzzer for decoders. Private: tests only.
 */
export { type NetworkSetup, networkSuite, type NetworkTestNode } from './compliance/network.ts'
export { type Finding, fuzz, type Target } from './fuzz/fuzzer.ts'
export {
  all, byteBelow, compactSize, data, type Draw, drawFrom, either, type Field, fixed, join, list, longForm, oneOf, type Piece, rest, text
} from './fuzz/pieces.ts'
export { MemoryHub, type MemoryLinkOptions, MemoryNetwork, type MemoryNodeOptions } from './memory-network.ts'
export { MemorySession } from './memory-session.ts'
export { needs, type RunningTest } from './needs.ts'
export { proxyTo, strip, type TcpProxy } from './tcp-proxy.ts'
export { branch, GENESIS, idOf, TinyChain, type TinyChainOptions } from './tiny-chain.ts'
export { VirtualClock } from './virtual-clock.ts'
