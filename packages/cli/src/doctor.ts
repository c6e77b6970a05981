import { availableParallelism } from 'node:os'
import process from 'node:process'
import { type Backend, type DsaSuite, loadPostQuantum, ML_DSA } from '@peerwright/crypto'
import { connectionRoom, openFilesLimit } from '@peerwright/node'
import { profileOf } from './chain-params.ts'
import type { Output } from './output.ts'

/** What `peerwright doctor` is told. */
export interface DoctorOptions {
  /** The network that a node is to run; what does not depend on one is told without it */
  readonly spec: string | undefined
}

/** One line of the report. */
interface Finding {
  readonly what: string
  readonly found: string
  /** What is wrong with it and what helps; absent where nothing is */
  readonly advice?: string
}

const BACKENDS: Readonly<Record<Backend, string>> = { native: 'OpenSSL', wasm: 'liboqs in WebAssembly', portable: 'plain JavaScript' }

/** Looks at the machine as a node would: cryptography, files, and what a profile makes of them. @throws UsageError, SpecError, OperationError */
export async function doctor ({ spec }: DoctorOptions, output: Output): Promise<void> {
  const findings = [...machine(), ...await primitives(), ...spec === undefined ? [] : await network(spec)]
  output.result(
    { ok: findings.every(({ advice }) => advice === undefined), findings },
    findings.map(({ what, found, advice }) => `${what.padEnd(18)} ${found}${advice === undefined ? '' : `\n${' '.repeat(19)}${advice}`}`).join('\n')
  )
}

function machine (): Finding[] {
  const { node, openssl } = process.versions
  return [
    { what: 'Node', found: `${node}, OpenSSL ${openssl}, ${process.platform} ${process.arch}, ${availableParallelism()} processors` },
    { what: 'open files', found: String(openFilesLimit() ?? 'not known') }
  ]
}

/** Which backends a node would choose, one line for each primitive. */
async function primitives (): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const suite of Object.keys(ML_DSA) as DsaSuite[]) {
    const { kemBackend, signatureBackend } = await loadPostQuantum({ suite })
    if (findings.length === 0) {
      findings.push({ what: 'ML-KEM-768', found: BACKENDS[kemBackend] })
    }
    findings.push(signatureBackend === undefined
      ? { what: suite, found: BACKENDS.portable, advice: 'too slow for a node: use Node 24.7 or later, or install @oqs/liboqs-js; without one, pqAuth must be "off"' }
      : { what: suite, found: BACKENDS[signatureBackend] })
  }
  return findings
}

async function network (spec: string): Promise<Finding[]> {
  const profile = await profileOf(spec)
  const { name, networkId, policyId, policy } = profile
  const { slots, connections, loweredTo } = connectionRoom(policy, openFilesLimit())
  return [
    { what: 'network', found: `${name}, id ${profile.network.genesis === 'required' ? 'known with its genesis only' : networkId}` },
    { what: 'policy', found: policyId },
    { what: 'channels', found: `hybrid: ${policy.channels.hybrid}, TLS: ${policy.channels.tls}, pqAuth: ${policy.channels.pqAuth}` },
    {
      what: 'connections',
      found: `${connections}: ${slots.maxInbound} inbound and ${slots.maxOutbound} outbound sessions`,
      ...loweredTo === undefined ? {} : { advice: `the profile would have ${policy.slots.maxInbound} and ${policy.slots.maxOutbound}: raise the limit of open files (ulimit -n)` }
    }
  ]
}
