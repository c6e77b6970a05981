import { type IpAddress, OperationError } from '@peerwright/core'
import type { AsLookup, PeerIdText } from '@peerwright/interface'
import type { Ban, BanTarget } from './ban.ts'
import { BAN_BATCH, INSTEAD_OF_PERMANENT_MS, MAX_PERMANENT_BANS, MAX_TEXT_CHARACTERS } from './constants.ts'

/** How long a ban is, and why. */
export interface BanTerms {
  readonly rule: string
  readonly reason: string
  /** Absent: until it is lifted */
  readonly durationMs?: number
  readonly evidence?: string
}

/**
 * Who is banned. Bounded, and a look-up takes the same time however many there are. Permanent bans have a table of their own, so
 * that no flood of fresh ones can flush them; of those with an end the earliest ends leave first.
 */
export class BanList {
  readonly #maxEntries: number
  readonly #temporary = new Map<string, Ban>()
  readonly #permanent = new Map<string, Ban>()
  /** How many bans there are of each length of prefix: only these are looked up */
  readonly #lengths = new Map<number, number>()
  /** How many bans are of autonomous systems: without any nobody is asked for them */
  #systems = 0
  readonly #asOf: AsLookup | undefined

  /** @param asOf - the autonomous system of an address, for bans of these */
  constructor (maxEntries: number, asOf?: AsLookup) {
    this.#maxEntries = maxEntries
    this.#asOf = asOf
  }

  get size (): number {
    return this.#temporary.size + this.#permanent.size
  }

  /** The ban of a peer id. */
  ofPeer (peerId: PeerIdText, nowMs: number): Ban | undefined {
    return this.#get(`p${peerId}`, nowMs)
  }

  /** The ban of an address: its own, or that of a range or a system it belongs to. */
  ofIp (ip: IpAddress, nowMs: number): Ban | undefined {
    const text = keyText(ip)
    for (const bits of this.#lengths.keys()) {
      const ban = this.#get(rangeKey(text, bits), nowMs)
      if (ban !== undefined) {
        return ban
      }
    }
    const as = this.#systems === 0 ? undefined : this.#asOf?.(ip)
    return as === undefined ? undefined : this.#get(`a${as}`, nowMs)
  }

  /**
   * Bans. A ban that is there already is replaced, but by a rule only with a longer one.
   *
   * @returns the ban that holds now
   * @throws OperationError `full` when an operator's permanent ban finds no room; `not-supported` for an autonomous system when nobody knows
   *   which addresses are its own
   */
  add (target: BanTarget, { rule, reason, durationMs, evidence }: BanTerms, nowMs: number): Ban {
    if (target.type === 'as' && this.#asOf === undefined) {
      throw new OperationError('not-supported', 'a ban of an autonomous system needs somebody who knows which addresses are its own')
    }
    const key = keyOf(target)
    const held = this.#get(key, nowMs)
    const full = durationMs === undefined && !this.#permanent.has(key) && this.#permanent.size >= MAX_PERMANENT_BANS
    if (full && rule === 'operator') {
      throw new OperationError('full', `there are ${MAX_PERMANENT_BANS} permanent bans already`)
    }
    const lengthMs = full ? INSTEAD_OF_PERMANENT_MS : durationMs
    const ban: Ban = {
      target,
      rule: rule.slice(0, MAX_TEXT_CHARACTERS),
      reason: reason.slice(0, MAX_TEXT_CHARACTERS),
      createdMs: nowMs,
      ...(lengthMs === undefined ? {} : { expiresMs: nowMs + lengthMs }),
      ...(evidence === undefined ? {} : { evidence: evidence.slice(0, MAX_TEXT_CHARACTERS) })
    }
    if (rule !== 'operator' && held !== undefined && (held.expiresMs ?? Infinity) > (ban.expiresMs ?? Infinity)) {
      return held
    }
    this.put(ban, nowMs)
    return ban
  }

  /** Puts a ban in as it is: one that was stored. */
  put (ban: Ban, nowMs: number): void {
    const key = keyOf(ban.target)
    this.#delete(key)
    if (ban.expiresMs === undefined) {
      this.#permanent.set(key, ban)
    } else {
      if (this.#temporary.size >= this.#maxEntries) {
        this.#makeRoom(nowMs)
      }
      this.#temporary.set(key, ban)
    }
    if (ban.target.type === 'range') {
      const { bits } = ban.target.range
      this.#lengths.set(bits, (this.#lengths.get(bits) ?? 0) + 1)
    } else if (ban.target.type === 'as') {
      this.#systems++
    }
  }

  /** Lifts a ban. @returns whether there was one */
  remove (target: BanTarget, nowMs: number): boolean {
    const key = keyOf(target)
    return this.#get(key, nowMs) !== undefined && this.#delete(key)
  }

  /** Lifts all bans. */
  clear (): void {
    this.#temporary.clear()
    this.#permanent.clear()
    this.#lengths.clear()
    this.#systems = 0
  }

  /** The bans that hold, permanent ones first. */
  list (nowMs: number): Ban[] {
    this.#purge(nowMs)
    return [...this.#permanent.values(), ...this.#temporary.values()]
  }

  #get (key: string, nowMs: number): Ban | undefined {
    const ban = this.#permanent.get(key) ?? this.#temporary.get(key)
    if (ban?.expiresMs !== undefined && ban.expiresMs <= nowMs) {
      this.#delete(key)
      return undefined
    }
    return ban
  }

  #delete (key: string): boolean {
    const ban = this.#permanent.get(key) ?? this.#temporary.get(key)
    if (ban?.target.type === 'range') {
      const { bits } = ban.target.range
      const left = (this.#lengths.get(bits) ?? 0) - 1
      if (left > 0) {
        this.#lengths.set(bits, left)
      } else {
        this.#lengths.delete(bits)
      }
    } else if (ban?.target.type === 'as') {
      this.#systems--
    }
    return this.#permanent.delete(key) || this.#temporary.delete(key)
  }

  #purge (nowMs: number): void {
    for (const [key, { expiresMs }] of this.#temporary) {
      if (expiresMs !== undefined && expiresMs <= nowMs) {
        this.#delete(key)
      }
    }
  }

  #makeRoom (nowMs: number): void {
    this.#purge(nowMs)
    if (this.#temporary.size >= this.#maxEntries) {
      const byEnd = [...this.#temporary].sort(([, a], [, b]) => (a.expiresMs ?? 0) - (b.expiresMs ?? 0))
      for (const [key] of byEnd.slice(0, Math.ceil(this.#maxEntries / BAN_BATCH))) {
        this.#delete(key)
      }
    }
  }
}

function keyOf (target: BanTarget): string {
  switch (target.type) {
    case 'peer':
      return `p${target.peerId}`
    case 'range':
      return rangeKey(keyText(target.range.prefix), target.range.bits)
    case 'as':
      return `a${target.as}`
  }
}

/** An address as eight characters of 16 bits: a look-up writes no address out. */
function keyText ({ word0, word1, word2, word3 }: IpAddress): string {
  // `fromCharCode` takes the lower 16 bits of each
  return String.fromCharCode(word0 >> 16, word0, word1 >> 16, word1, word2 >> 16, word2, word3 >> 16, word3)
}

/** The characters of a prefix. The last, if it counts in part, is masked. */
function rangeKey (text: string, bits: number): string {
  const whole = bits >> 4
  const rest = bits & 15
  const last = rest === 0 ? '' : String.fromCharCode(text.charCodeAt(whole) >> (16 - rest))
  return `${bits}:${text.slice(0, whole)}${last}`
}
