import { banTargetText } from './ban.ts'
import type { AdmissionEvent } from './events.ts'
import { LogLimiter } from './log-limiter.ts'

/** Makes lines of events, bounded by source and in all. */
export class AdmissionLog {
  readonly #limiter = new LogLimiter()

  /** The line of an event; undefined for one that says nothing new, and for those that come too often. */
  line (event: AdmissionEvent, nowMs: number): string | undefined {
    const [source, text] = describe(event)
    const leftOut = this.#limiter.admit(source, nowMs)
    return leftOut === undefined ? undefined : leftOut === 0 ? text : `${text} (${leftOut} more lines were left out)`
  }
}

/** Who an event is about, and what it says. */
function describe (event: AdmissionEvent): [source: string, text: string] {
  switch (event.type) {
    case 'refused':
      return [event.address.host, `${event.direction} connection with ${event.address.toString()} refused: ${event.reason}`]
    case 'throttled':
      return [event.peerId, `${event.peerId} at ${event.address.toString()} is throttled: ${event.reason}`]
    case 'warned':
      return [event.peerId, `${event.peerId} is warned: ${event.rule}, ${event.violations} violations`]
    case 'cooled-down':
      return [event.peerId, `${event.peerId} stays away for ${event.durationMs / 1_000} s: ${event.rule}`]
    case 'banned': {
      const { target, rule, reason, createdMs, expiresMs } = event.ban
      const length = expiresMs === undefined ? 'for good' : `for ${Math.round((expiresMs - createdMs) / 1_000)} s`
      return [banTargetText(target), `${banTargetText(target)} is banned ${length}: ${rule}, ${reason}`]
    }
    case 'unbanned':
      return [banTargetText(event.target), `${banTargetText(event.target)} is not banned any more`]
    case 'attack':
      return [event.attack.source, `${event.severity} attack, ${event.attack.pattern}, from ${event.attack.source}: ${event.attack.count} in ${event.attack.windowMs / 1_000} s`]
    case 'paused':
      return ['operator', event.paused ? 'networking is paused' : 'networking goes on']
    case 'frozen':
      return [event.rule, `nobody is blamed for ${event.rule} now: ${event.reason}`]
    case 'rule-suspended':
      return [event.rule, `${event.rule} bans nobody for now: it would ban too many`]
    case 'floor-held':
      return [event.peerId, `${event.peerId} is kept for want of outbound peers`]
  }
}
