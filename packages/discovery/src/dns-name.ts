/** Longest name in text form, in characters (RFC 1035, 2.3.4). */
const MAX_NAME_CHARACTERS = 253

/** One label: letters, digits, hyphens, and underscores as in SRV names. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * The one spelling of a name: lower case, without the last dot.
 *
 * @returns undefined for what is no host or service name
 */
export function canonicalName (text: string): string | undefined {
  if (text.length > MAX_NAME_CHARACTERS + 1) {
    return undefined
  }
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  return name.length <= MAX_NAME_CHARACTERS && name.split('.').every(label => LABEL.test(label)) ? name : undefined
}
