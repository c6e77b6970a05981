import { OperationError } from '@peerwright/core'
import { MAX_SHOWN_CHARACTERS, MAX_SHOWN_SOURCE_CHARACTERS } from './constants.ts'

/**
 * Why a spec was not taken. `syntax`: not TOML. `invalid`: TOML, but not a profile. `too-large`: over `MAX_SPEC_BYTES`.
 * `unreadable`: the file could not be read.
 */
export type SpecErrorCode = 'syntax' | 'invalid' | 'too-large' | 'unreadable'

/** One thing that is wrong in a spec. */
export interface SpecIssue {
  /** Where, such as `network_protocol.default_port` or `policy.seeds[2].name`; empty for the whole text */
  readonly path: string
  /** What stands there, shortened and printable; `nothing` where something is missing */
  readonly value: string
  /** What would be right */
  readonly expected: string
}

/** Issues that the message of a `SpecError` names; all are in `issues`. Chosen: a message is one line. */
const MAX_NAMED_ISSUES = 8

/** A chain spec, preset or patch that does not describe a network. Names everything that is wrong, not just the first. */
export class SpecError extends OperationError {
  declare readonly code: SpecErrorCode
  readonly issues: readonly SpecIssue[]
  /** Line of a syntax error, from 1 */
  readonly line?: number
  /** Column of a syntax error, from 1 */
  readonly column?: number

  constructor (code: SpecErrorCode, issues: readonly SpecIssue[], options: { source?: string, line?: number, column?: number, cause?: unknown } = {}) {
    super(code, messageOf(issues, options.source), options)
    this.issues = Object.freeze([...issues])
    if (options.line !== undefined) {
      this.line = options.line
    }
    if (options.column !== undefined) {
      this.column = options.column
    }
  }
}

function messageOf (issues: readonly SpecIssue[], source: string | undefined): string {
  const named = issues.slice(0, MAX_NAMED_ISSUES)
    .map(({ path, value, expected }) => `${path === '' ? '' : `${path}: `}expected ${expected}, found ${value}`)
  const more = issues.length > named.length ? [`and ${issues.length - named.length} more`] : []
  return `${source === undefined ? '' : `${shown(source, MAX_SHOWN_SOURCE_CHARACTERS)}: `}${[...named, ...more].join('; ')}`
}

/** A value as an error may show it: short, on one line, without control characters. */
export function shown (value: unknown, maxCharacters: number = MAX_SHOWN_CHARACTERS): string {
  if (value === undefined) {
    return 'nothing'
  }
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, maxCharacters + 1)) : describe(value)
  // Format characters (direction marks and such) are replaced too: they make a log line read as another one
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return printable.length > maxCharacters ? `${printable.slice(0, maxCharacters)}...` : printable
}

function describe (value: unknown): string {
  if (Array.isArray(value)) {
    const simple = value.length <= MAX_SHOWN_CHARACTERS && value.every(item => typeof item === 'number')
    return simple ? `[${value.join(', ')}]` : `a list of ${value.length}`
  }
  return typeof value === 'object' && value !== null ? 'a table' : String(value)
}
