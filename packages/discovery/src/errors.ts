import { OperationError } from '@peerwright/core'

const OUTCOMES = [
  'timeout', 'unreachable', 'servfail', 'refused', 'nxdomain', 'other-rcode', 'malformed', 'mismatch', 'cname-loop', 'cname-too-long', 'untrusted', 'http-status'
] as const

/**
 * How a DNS server failed. `timeout`: nothing came. `unreachable`: no connection. `servfail`, `refused`, `nxdomain`,
 * `other-rcode`: what it answered. `malformed`: no DNS message. `mismatch`: answers to something else only. `cname-loop`,
 * `cname-too-long`: aliases that lead nowhere. `untrusted`: a certificate that is not the server's. `http-status`: HTTP said something
 * else than 200.
 */
export type DnsOutcome = typeof OUTCOMES[number]

/** Whether an error's code says how a server failed. */
export function isOutcome (code: DnsErrorCode): code is DnsOutcome {
  return (OUTCOMES as readonly string[]).includes(code)
}

/** One server that was asked in vain. */
export interface DnsAttempt {
  /** Such as `udp 127.0.0.1:53` */
  readonly server: string
  readonly outcome: DnsOutcome
}

/**
 * Why a name could not be resolved: the outcome of the last server asked, but `nxdomain` when any said so, for that is an
 * answer. `no-resolver`: there is none to ask. `bad-name`: no DNS name. `aborted`: the caller gave up.
 */
export type DnsErrorCode = DnsOutcome | 'no-resolver' | 'bad-name' | 'aborted'

/** A name that could not be resolved. */
export class DnsError extends OperationError {
  declare readonly code: DnsErrorCode
  /** Who was asked, in order */
  readonly attempts: readonly DnsAttempt[]

  constructor (code: DnsErrorCode, message: string, options: { attempts?: readonly DnsAttempt[], cause?: unknown } = {}) {
    super(code, message, options)
    this.attempts = options.attempts ?? []
  }
}
