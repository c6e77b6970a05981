import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { MAX_MESSAGE_BYTES, MAX_SLOTS, MAX_SPEC_BYTES, MAX_SPEC_DEPTH, MAX_U32, MIN_MESSAGE_BYTES, OUTBOUND_SHARE } from './constants.ts'
import { SpecError, type SpecIssue } from './errors.ts'
import { merge } from './merge.ts'
import { DEFAULT_POLICY } from './policy.ts'
import { isPresetName, type PresetName, presets } from './presets.ts'
import { check, createProfile, extendWith, type NetworkProfile } from './profile.ts'
import { bytes4, oneOf, port, table, whole } from './values.ts'

/** Longest `connection_timeout`, in seconds: an hour. Chosen. */
const MAX_CONNECTION_TIMEOUT_SECONDS = 3_600

/** The table of QuantumCoin's chain_spec.toml. */
const networkProtocolSchema = table({
  magic_bytes: bytes4().optional(),
  protocol_version: whole(1, MAX_U32).optional(),
  default_port: port().optional(),
  max_connections: whole(2, MAX_SLOTS).optional(),
  connection_timeout: whole(1, MAX_CONNECTION_TIMEOUT_SECONDS).optional(),
  services: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  max_block_size: whole(MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES).optional()
})

/** The table of Nano's config-node.toml, of which one key concerns the network. */
const nodeSchema = table({ peering_port: port().optional() })

const PRESET_NAMES = Object.keys(presets) as [PresetName, ...PresetName[]]

/** Names are checked here, for they decide how the rest is read; `network` and `policy` only once they are merged. */
const specSchema = table({
  extends: oneOf(...PRESET_NAMES).optional(),
  name: z.unknown().optional(),
  network: z.record(z.string(), z.unknown(), { error: 'a table' }).optional(),
  policy: z.record(z.string(), z.unknown(), { error: 'a table' }).optional(),
  network_protocol: networkProtocolSchema.optional(),
  node: nodeSchema.optional()
})

type Spec = z.infer<typeof specSchema>

/**
 * Reads a chain spec. `extends` names the preset it starts from; without it a table `[network_protocol]` implies
 * `quantumcoin`, a table `[node]` implies `nano`, and otherwise `[network]` must be complete. On top of that come, in this
 * order, `[network_protocol]`, `[node]`, and `[network]` and `[policy]`.
 *
 * @param text - TOML 1.0
 * @param source - where it came from, for the error's message
 * @throws SpecError `too-large`, `syntax` with line and column, or `invalid` with everything that is wrong
 */
export function parseChainSpec (text: string, source?: string): NetworkProfile {
  const from = source === undefined ? {} : { source }
  const issues: SpecIssue[] = []
  const spec = check(specSchema, parseToml(text, from), [], issues)
  if (spec === undefined) {
    throw new SpecError('invalid', issues, from)
  }
  const base = baseOf(spec)
  if (base === 'ambiguous') {
    throw new SpecError('invalid', [{
      path: 'extends', value: 'nothing', expected: `${PRESET_NAMES.join(' or ')}: [network_protocol] and [node] imply different ones`
    }], from)
  }
  if (base === undefined) {
    return createProfile({
      name: spec.name ?? spec.network?.['id'],
      network: spec.network ?? {},
      policy: merge(DEFAULT_POLICY, spec.policy)
    }, source)
  }
  const legacy = patchOf(spec, presets[base])
  return extendWith(presets[base], {
    ...(spec.name === undefined ? {} : { name: spec.name }),
    network: merge(legacy.network, spec.network),
    policy: merge(legacy.policy, spec.policy)
  }, source)
}

function parseToml (text: string, from: { source?: string }): unknown {
  // A character is at least a byte: this bounds the work even before anything is encoded
  if (text.length > MAX_SPEC_BYTES) {
    throw tooLarge(from)
  }
  try {
    return parse(text, { maxDepth: MAX_SPEC_DEPTH, unsafeKeyBehaviour: 'throw' })
  } catch (error) {
    if (!(error instanceof TomlError)) {
      throw error
    }
    const { line, column } = error
    const expected = `TOML at line ${line}, column ${column}`
    throw new SpecError('syntax', [{ path: '', value: reasonOf(error), expected }], { ...from, line, column, cause: error })
  }
}

/** The first line of the parser's message; what follows is an excerpt of the text. */
function reasonOf (error: TomlError): string {
  const [reason = ''] = error.message.split('\n', 1)
  return reason.replace('Invalid TOML document: ', '')
}

/** The error for a spec over its bound. */
export function tooLarge (from: { source?: string }): SpecError {
  return new SpecError('too-large', [{ path: '', value: 'more', expected: `at most ${MAX_SPEC_BYTES} bytes` }], from)
}

function baseOf (spec: Spec): PresetName | 'ambiguous' | undefined {
  if (spec.extends !== undefined && isPresetName(spec.extends)) {
    return spec.extends
  }
  if (spec.network_protocol !== undefined) {
    return spec.node === undefined ? 'quantumcoin' : 'ambiguous'
  }
  return spec.node === undefined ? undefined : 'nano'
}

/** What the two foreign tables say, as a patch. */
function patchOf (spec: Spec, base: NetworkProfile): { network: Record<string, unknown>, policy: Record<string, unknown> } {
  const protocol = spec.network_protocol ?? {}
  const network: Record<string, unknown> = {}
  const policy: Record<string, unknown> = {}
  const set = (target: Record<string, unknown>, key: string, value: unknown): void => {
    if (value !== undefined) {
      target[key] = value
    }
  }
  set(network, 'magic', protocol.magic_bytes)
  set(network, 'protocolVersion', protocol.protocol_version)
  set(network, 'maxBlockBytes', protocol.max_block_size)
  if (protocol.max_block_size !== undefined) {
    network['maxMessageBytes'] = Math.max(base.network.maxMessageBytes, protocol.max_block_size)
  }
  set(policy, 'defaultPort', protocol.default_port)
  set(policy, 'services', protocol.services)
  // A node's own port moves where it listens; the network's default port stays what it is for everybody
  const listenPort = spec.node?.peering_port ?? protocol.default_port
  if (listenPort !== undefined) {
    policy['listen'] = base.policy.listen.map(({ ip }) => ({ ip, port: listenPort }))
  }
  if (protocol.max_connections !== undefined) {
    const maxOutbound = Math.max(1, Math.round(protocol.max_connections * OUTBOUND_SHARE))
    policy['slots'] = {
      maxInbound: protocol.max_connections - maxOutbound,
      maxOutbound,
      minOutbound: Math.min(base.policy.slots.minOutbound, maxOutbound)
    }
  }
  if (protocol.connection_timeout !== undefined) {
    const timeoutMs = protocol.connection_timeout * 1_000
    policy['timings'] = { connectTimeoutMs: timeoutMs, handshakeTimeoutMs: timeoutMs }
  }
  return { network, policy }
}
