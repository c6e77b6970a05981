import type { BlockId } from '@peerwright/interface'
import type { z } from 'zod'
import { canonicalText } from './canonical.ts'
import { shown, SpecError, type SpecIssue } from './errors.ts'
import { sha256Hex } from './hash.ts'
import { merge, type Patch } from './merge.ts'
import { networkSchema, type NetworkSpec } from './network-spec.ts'
import { type Policy, policySchema } from './policy.ts'
import { text } from './values.ts'

/** A network as one node sees it. Frozen in depth; made only by this package, so whoever holds one may rely on it. */
export interface NetworkProfile {
  /** For people: logs and errors */
  readonly name: string
  /** What peers must agree on */
  readonly network: NetworkSpec
  /** What this node decides for itself */
  readonly policy: Policy
  /** SHA-256 over the canonical text of `network`, 64 lower-case hexadecimal digits */
  readonly networkId: string
  /** SHA-256 over the canonical text of `policy`, 64 lower-case hexadecimal digits */
  readonly policyId: string
}

/** What a profile is changed by: any part of it. Tables are merged, lists and plain values replaced. */
export interface ProfilePatch {
  readonly name?: string
  readonly network?: Patch<NetworkSpec>
  readonly policy?: Patch<Policy>
}

/** In front of the text that is hashed, so that a network can never have the hash of a policy. The number is that of the encoding. */
const NETWORK_DOMAIN = 'peerwright network 1\n'
const POLICY_DOMAIN = 'peerwright policy 1\n'

const nameSchema = text(64, '1 to 64 printable ASCII characters', value => /^[\x20-\x7e]+$/.test(value))

/** A part of a profile, as somebody wrote it. */
export interface ProfileDraft {
  readonly name: unknown
  readonly network: unknown
  readonly policy: unknown
}

/**
 * Validates, freezes and hashes.
 *
 * @throws SpecError that names everything that is wrong
 */
export function createProfile (draft: ProfileDraft, source?: string): NetworkProfile {
  const issues: SpecIssue[] = []
  const name = check(nameSchema, draft.name, ['name'], issues)
  const network = check(networkSchema, draft.network, ['network'], issues)
  const policy = check(policySchema, draft.policy, ['policy'], issues)
  if (name === undefined || network === undefined || policy === undefined) {
    throw new SpecError('invalid', issues, source === undefined ? {} : { source })
  }
  return deepFreeze({
    name,
    network,
    policy,
    networkId: sha256Hex(NETWORK_DOMAIN + canonicalText(network)),
    policyId: sha256Hex(POLICY_DOMAIN + canonicalText(policy))
  })
}

/**
 * Derives a profile. What is not in the patch stays; what comes out is validated and hashed like any other.
 *
 * @throws SpecError when the result would not be a profile, or when the patch would allow UDP again where it is forbidden
 */
export function extendProfile (base: NetworkProfile, patch: ProfilePatch): NetworkProfile {
  return extendWith(base, patch as Record<string, unknown>)
}

/** The patch keys there are; a misspelt one must not be lost silently. */
const PATCH_KEYS = ['name', 'network', 'policy']

/** `extendProfile` for a patch of unknown form. */
export function extendWith (base: NetworkProfile, patch: Readonly<Record<string, unknown>>, source?: string): NetworkProfile {
  const unknown = Object.keys(patch).filter(key => !PATCH_KEYS.includes(key))
    .map(key => ({ path: shownKey(key), value: shown(patch[key]), expected: `one of the keys ${PATCH_KEYS.join(', ')}` }))
  const draft = {
    name: patch['name'] ?? base.name,
    network: merge(base.network, patch['network']),
    policy: merge(base.policy, patch['policy'])
  }
  const loosened = base.policy.udp === 'forbidden' && (draft.policy as Partial<Policy> | undefined)?.udp === 'allowed'
    ? [{ path: 'policy.udp', value: shown('allowed'), expected: `"forbidden", as in ${base.name}: UDP can be forbidden, never allowed again` }]
    : []
  if (unknown.length > 0 || loosened.length > 0) {
    throw new SpecError('invalid', [...unknown, ...loosened], source === undefined ? {} : { source })
  }
  return createProfile(draft, source)
}

/**
 * Gives a profile whose genesis is `required` the genesis of the chain at hand.
 *
 * @param facts - `genesis`: the chain's first block, 64 lower-case hexadecimal digits
 * @returns the profile with its final `networkId`; the same one when it had this genesis already
 * @throws SpecError when the profile has another genesis
 */
export function completeProfile (profile: NetworkProfile, facts: { readonly genesis: BlockId }): NetworkProfile {
  const { genesis } = profile.network
  if (genesis === facts.genesis && genesis !== 'required') {
    return profile
  }
  if (genesis !== 'required' || facts.genesis === 'required') {
    const expected = genesis === 'required' ? '64 lower-case hexadecimal digits: the id of the chain\'s first block' : `${genesis}, the genesis of ${profile.name}`
    throw new SpecError('invalid', [{ path: 'network.genesis', value: shown(facts.genesis), expected }])
  }
  return extendProfile(profile, { network: { genesis: facts.genesis } })
}

/** Runs `schema` over `value` and adds what is wrong to `issues`. */
export function check<Out> (schema: z.ZodType<Out>, value: unknown, path: readonly PropertyKey[], issues: SpecIssue[]): Out | undefined {
  const result = schema.safeParse(value)
  if (result.success) {
    return result.data
  }
  for (const { at, expected } of result.error.issues.flatMap(issue => faultsOf(issue, []))) {
    issues.push({ path: pathText([...path, ...at]), value: shown(valueAt(value, at)), expected })
  }
  return undefined
}

interface Fault {
  readonly at: readonly PropertyKey[]
  readonly expected: string
}

function faultsOf (issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Fault[] {
  const at = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ at: [...at, key], expected: issue.message }))
  }
  if (issue.code === 'invalid_union') {
    // The alternative that took the value's kind but not all that is in it says more than "none of these"
    const nearest = issue.errors.find(branch => branch.every(inner => inner.path.length > 0 || inner.code === 'unrecognized_keys'))
    if (nearest !== undefined) {
      return nearest.flatMap(inner => faultsOf(inner, at))
    }
  }
  return [{ at, expected: issue.message }]
}

function valueAt (value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined
  }
  return at
}

function pathText (path: readonly PropertyKey[]): string {
  return path.map((key, index) => typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${shownKey(key)}`).join('')
}

/** A key as an error may show it: bare where TOML lets it be bare. */
function shownKey (key: PropertyKey): string {
  const name = String(key)
  return /^[A-Za-z0-9_-]{1,40}$/.test(name) ? name : shown(name)
}

function deepFreeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
