import { OperationError } from '@peerwright/core'
import type { PortClaim } from '@peerwright/interface'
import { claimText, comparePorts, FIREWALLS, heldPorts, heldText, portManifest, portsOf, renderFirewall } from '@peerwright/node'
import { profileOf } from './chain-params.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** What `peerwright ports` is told. */
export interface PortsOptions {
  readonly spec: string
  /** A running node to compare with */
  readonly pid: number | undefined
  /** Print rules of this one instead */
  readonly firewall: string | undefined
}

/** Prints the ports of a network's node, compares them with those that a process holds, or prints firewall rules. @throws UsageError, SpecError, OperationError */
export async function ports (options: PortsOptions, output: Output): Promise<void> {
  const profile = await profileOf(options.spec)
  const manifest = portManifest(portsOf(profile), profile.policy)
  if (options.firewall !== undefined) {
    const firewall = FIREWALLS.find(name => name === options.firewall)
    if (firewall === undefined) {
      throw new UsageError(`--firewall must be one of ${FIREWALLS.join(', ')}`)
    }
    const rules = renderFirewall(manifest, firewall)
    output.result({ ok: true, firewall, rules }, rules.trimEnd())
    return
  }
  if (options.pid === undefined) {
    output.result({ ok: true, network: profile.name, udp: profile.policy.udp, ports: manifest }, table(manifest))
    return
  }
  const held = await heldPorts(options.pid)
  const { unclaimed, missing } = comparePorts(held, manifest)
  if (unclaimed.length > 0 || missing.length > 0) {
    const faults = [...unclaimed.map(port => `holds ${heldText(port)}, which nobody claims`), ...missing.map(claim => `does not hold ${claimText(claim)} of ${claim.owner}`)]
    throw new OperationError('ports-differ', `process ${options.pid} ${faults.join('; it ')}`)
  }
  output.result({ ok: true, network: profile.name, pid: options.pid, ports: manifest, held }, `${table(manifest)}\nProcess ${options.pid} holds these and no others.`)
}

function table (manifest: readonly PortClaim[]): string {
  const rows = manifest.map(claim => `${claim.owner.padEnd(10)} ${claimText(claim).padEnd(30)} ${claim.core ? 'core protocol' : 'add-on'}`)
  return rows.length === 0 ? 'No port is bound.' : rows.join('\n')
}
