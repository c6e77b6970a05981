/**
 * @packageDocumentation
 *
 * How the packages of Peerwright are tried out: a clock that is turned by hand, a network in memory, somebody on the way between two sockets, and compliance suites
 * that every implementation of a contract must pass. Private: tests only.
 */
export { type NetworkSetup, networkSuite, type NetworkTestNode } from './compliance/network.ts'
export { MemoryHub, type MemoryLinkOptions, MemoryNetwork, type MemoryNodeOptions } from './memory-network.ts'
export { MemorySession } from './memory-session.ts'
export { proxyTo, strip, type TcpProxy } from './tcp-proxy.ts'
export { VirtualClock } from './virtual-clock.ts'
