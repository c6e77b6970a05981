import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SeedSpec } from '@peerwright/chain-spec'
import { OperationError } from '@peerwright/core'
import type { ZoneRecord } from '@peerwright/discovery/dns-server'
import type { DemoAddresses } from './loopback.ts'
import { seedReady, type SeedReady, type SeedSetting } from './seed-setting.ts'

/** Names of the demonstration live below this one, which nobody can register (RFC 6761). */
export const ORIGIN = 'demo.test'

/** TTL of its records, in seconds. */
const TTL = 60

/** How long a seed process may take to end by itself, in milliseconds. */
const EXIT_TIMEOUT_MS = 2_000

/** The program of a seed process stands beside this file, built or not. */
const PROGRAM = fileURLToPath(new URL(`./seed-process${extname(import.meta.url)}`, import.meta.url))

/** A seed node in a process of its own. */
export class SeedProcess {
  readonly #child: ChildProcess
  readonly ready: Promise<SeedReady>

  constructor (setting: SeedSetting) {
    this.#child = fork(PROGRAM, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' })
    this.ready = new Promise((resolve, reject) => {
      this.#child.once('message', message => {
        try {
          resolve(seedReady(message))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
      this.#child.once('exit', () => { reject(new OperationError('seed-failed', 'a seed node ended before it was ready')) })
      this.#child.once('error', reject)
    })
    // Whoever waits hears of it; nobody may wait yet
    this.ready.catch(() => {})
    this.#child.send(setting)
  }

  /** Ends the process, in order if it can. */
  async stop (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return
    }
    const gone = new Promise<void>(resolve => { this.#child.once('exit', () => { resolve() }) })
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, EXIT_TIMEOUT_MS)
    if (this.#child.connected) {
      this.#child.send('stop')
    }
    await gone
    clearTimeout(timer)
  }
}

/**
 * The zone of the demonstration: each seed is found by another type of record. Where all share one address, only the types
 * that carry a port will do.
 */
export function zoneOf (addresses: DemoAddresses, ports: readonly number[]): { readonly records: ZoneRecord[], readonly seeds: SeedSpec[] } {
  const records: ZoneRecord[] = []
  const seeds: SeedSpec[] = []
  for (const [index, ip] of addresses.seeds.entries()) {
    const name = `seed${index + 1}.${ORIGIN}`
    const types = addresses.distinct ? ['A', 'AAAA', 'SRV', 'TXT'] as const : ['SRV', 'TXT'] as const
    const type = types[index % types.length] ?? 'TXT'
    const port = ports[index] ?? 0
    seeds.push({ name, records: [type], srvPrefix: '_peerwright._tcp.', txtPrefix: 'peers.' })
    switch (type) {
      case 'A':
        records.push({ name, type, ttl: TTL, data: ip })
        break
      case 'AAAA':
        // IPv6 has one loopback address: the IPv4 one in its mapped form
        records.push({ name, type, ttl: TTL, data: `::ffff:${ip}` })
        break
      case 'SRV':
        records.push({ name: `_peerwright._tcp.${name}`, type, ttl: TTL, data: { target: `node.${name}`, port } })
        records.push({ name: `node.${name}`, type: 'A', ttl: TTL, data: ip })
        break
      case 'TXT':
        records.push({ name: `peers.${name}`, type, ttl: TTL, data: `${ip}:${port}` })
    }
  }
  return { records, seeds }
}
