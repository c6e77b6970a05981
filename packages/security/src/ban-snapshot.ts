import { OperationError } from '@peerwright/core'
import { z } from 'zod'
import type { BanList } from './ban-list.ts'
import { type Ban, banTargetText, parseBanTarget } from './ban.ts'
import { MAX_BAN_ENTRIES, MAX_PERMANENT_BANS, MAX_TEXT_CHARACTERS } from './constants.ts'

/** Number of the form below. A file with a higher one is of a newer version, and is not read. */
export const BANS_SCHEMA = 1

/** One ban as it is stored and shown. Times are of the wall clock, in milliseconds since the epoch, since bans outlive the process. */
export interface StoredBan {
  /** `peer 12D3...`, `10.0.0.0/8`, `as 64496` */
  readonly target: string
  readonly rule: string
  readonly reason: string
  readonly createdAtMs: number
  /** Absent: until it is lifted */
  readonly expiresAtMs?: number
  readonly evidence?: string
}

const text = (): z.ZodString => z.string().max(MAX_TEXT_CHARACTERS)

const bans: z.ZodType<readonly StoredBan[]> = z.array(z.strictObject({
  target: text(), rule: text(), reason: text(), createdAtMs: z.int(), expiresAtMs: z.int().exactOptional(), evidence: text().exactOptional()
})).max(MAX_BAN_ENTRIES + MAX_PERMANENT_BANS)

/** The bans that hold, to be stored. */
export function snapshotBans (list: BanList, nowMs: number, wallMs: number): StoredBan[] {
  return list.list(nowMs).map(ban => storedBan(ban, nowMs, wallMs))
}

/** A ban with its times of the wall clock. */
export function storedBan ({ target, rule, reason, createdMs, expiresMs, evidence }: Ban, nowMs: number, wallMs: number): StoredBan {
  const toWall = (ms: number): number => Math.round(wallMs + ms - nowMs)
  return {
    target: banTargetText(target),
    rule,
    reason,
    createdAtMs: toWall(createdMs),
    ...(expiresMs === undefined ? {} : { expiresAtMs: toWall(expiresMs) }),
    ...(evidence === undefined ? {} : { evidence })
  }
}

/**
 * Puts back what was stored and has not ended meanwhile.
 *
 * @throws OperationError `damaged` for what is no snapshot; the list is then as it was
 */
export function restoreBans (list: BanList, data: unknown, nowMs: number, wallMs: number): void {
  const { success, data: stored } = bans.safeParse(data)
  const parsed = stored?.map(ban => ({ ban, target: parseBanTarget(ban.target) })) ?? []
  if (!success || parsed.some(({ target }) => target === undefined)) {
    throw new OperationError('damaged', 'the stored bans are not what a version of this program wrote')
  }
  for (const { ban: { rule, reason, createdAtMs, expiresAtMs, evidence }, target } of parsed) {
    if (target !== undefined && (expiresAtMs ?? Infinity) > wallMs) {
      list.put({
        target,
        rule,
        reason,
        createdMs: createdAtMs - wallMs + nowMs,
        ...(expiresAtMs === undefined ? {} : { expiresMs: expiresAtMs - wallMs + nowMs }),
        ...(evidence === undefined ? {} : { evidence })
      }, nowMs)
    }
  }
}
