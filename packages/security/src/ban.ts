import { IpRange } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'

/** Who is banned: a peer id, an address or a range of them, or an autonomous system. */
export type BanTarget =
  | { readonly type: 'peer', readonly peerId: PeerIdText }
  | { readonly type: 'range', readonly range: IpRange }
  | { readonly type: 'as', readonly as: number }

/** One ban. Times are monotonic milliseconds. */
export interface Ban {
  readonly target: BanTarget
  /** The rule that was broken, or `operator` */
  readonly rule: string
  /** For people */
  readonly reason: string
  readonly createdMs: number
  /** Absent: until it is lifted */
  readonly expiresMs?: number
  /** A few words of what shows it */
  readonly evidence?: string
}

/** A target as text, one spelling each: `peer 12D3...`, `10.0.0.0/8`, `as 64496`. */
export function banTargetText (target: BanTarget): string {
  switch (target.type) {
    case 'peer':
      return `peer ${target.peerId}`
    case 'range':
      return target.range.toString()
    case 'as':
      return `as ${target.as}`
  }
}

/** Reads what `banTargetText` writes. A peer id may be given without the word. @returns undefined when the text is no target */
export function parseBanTarget (text: string): BanTarget | undefined {
  const range = IpRange.parse(text)
  if (range !== undefined) {
    return { type: 'range', range }
  }
  const as = /^as ([1-9]\d{0,9})$/.exec(text)?.[1]
  if (as !== undefined) {
    return Number(as) <= 0xffff_ffff ? { type: 'as', as: Number(as) } : undefined
  }
  const peerId = /^(?:peer )?([1-9A-HJ-NP-Za-km-z]{32,256})$/.exec(text)?.[1]
  return peerId === undefined ? undefined : { type: 'peer', peerId }
}
