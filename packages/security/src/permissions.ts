import type { PermissionName, PermissionRange } from '@peerwright/chain-spec'
import { addressKind, invariant, type IpAddress, IpRange } from '@peerwright/core'

/** What an address may. */
export interface Permissions {
  /** No consequence but the end of a session */
  readonly noban: boolean
  /** No budget of live traffic */
  readonly relay: boolean
  /** No budget of bulk traffic */
  readonly download: boolean
  /** No limit on connections: loopback, where the profile says so */
  readonly unlimited: boolean
}

const NONE: Permissions = { noban: false, relay: false, download: false, unlimited: false }
const ALL: Permissions = { noban: true, relay: true, download: true, unlimited: true }

/** What ranges of addresses may. */
export class PermissionTable {
  readonly #ranges: ReadonlyArray<readonly [range: IpRange, grants: ReadonlySet<PermissionName>]>
  readonly #limitLoopback: boolean

  /** @param limitLoopback - false: loopback is free of every limit */
  constructor (ranges: readonly PermissionRange[], limitLoopback: boolean) {
    this.#limitLoopback = limitLoopback
    this.#ranges = ranges.map(({ range: text, grants }) => {
      const range = IpRange.parse(text)
      invariant(range !== undefined, `${text} is a range, the profile was checked`)
      return [range, new Set(grants)]
    })
  }

  /** Everything that any range with the address in it grants. */
  of (ip: IpAddress): Permissions {
    if (!this.#limitLoopback && addressKind(ip) === 'loopback') {
      return ALL
    }
    const granted = this.#ranges.filter(([range]) => range.has(ip)).map(([, grants]) => grants)
    const may = (name: PermissionName): boolean => granted.some(grants => grants.has(name))
    return granted.length === 0 ? NONE : { noban: may('noban'), relay: may('relay'), download: may('download'), unlimited: false }
  }
}
