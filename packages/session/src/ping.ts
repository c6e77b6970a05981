/** When to ping and how long to wait. */
export interface PingRules {
  /** Time between two pings, in milliseconds */
  readonly intervalMs: number
  /** How long a pong may take, in milliseconds */
  readonly timeoutMs: number
}

/**
 * Where pinging stands. One ping is under way at a time; a pong with another nonce is none.
 */
export type PingState =
  | { readonly phase: 'resting', readonly nextMs: number }
  | { readonly phase: 'waiting', readonly nonce: bigint, readonly sentMs: number }

/** What a pong tells. */
export interface PongResult {
  readonly state: PingState
  /** The round trip in milliseconds; undefined when the pong answers no ping of ours */
  readonly rttMs: number | undefined
}

/** The first ping goes at once: the round trip is wanted for the credit. */
export function startPinging (nowMs: number): PingState {
  return { phase: 'resting', nextMs: nowMs }
}

/** When `pingDue` or `pingExpired` can next change its answer, as a monotonic time. */
export function nextPingEventMs (state: PingState, rules: PingRules): number {
  return state.phase === 'resting' ? state.nextMs : state.sentMs + rules.timeoutMs
}

/** Whether a ping is to be sent now. */
export function pingDue (state: PingState, nowMs: number): boolean {
  return state.phase === 'resting' && nowMs >= state.nextMs
}

/** Whether the peer has let the time for its pong pass. */
export function pingExpired (state: PingState, rules: PingRules, nowMs: number): boolean {
  return state.phase === 'waiting' && nowMs >= state.sentMs + rules.timeoutMs
}

/** A ping with `nonce` was sent. */
export function pingSent (nonce: bigint, nowMs: number): PingState {
  return { phase: 'waiting', nonce, sentMs: nowMs }
}

/** A pong arrived. */
export function pongReceived (state: PingState, nonce: bigint, rules: PingRules, nowMs: number): PongResult {
  if (state.phase !== 'waiting' || state.nonce !== nonce) {
    return { state, rttMs: undefined }
  }
  return { state: { phase: 'resting', nextMs: state.sentMs + rules.intervalMs }, rttMs: Math.max(0, nowMs - state.sentMs) }
}
