/** Any part of `T`: tables may be given in part, lists and plain values are given whole. */
export type Patch<T> = T extends readonly unknown[]
  ? T
  : T extends object ? { readonly [K in keyof T]?: Patch<T[K]> } : T

type Table = Readonly<Record<string, unknown>>

/** Levels of a patch that are merged; deeper ones replace. A profile has 4, and a hostile spec must not recurse further. */
const MAX_MERGE_DEPTH = 4

/** `base` with `patch` laid over it. Keys of the patch that the base lacks are kept, for the validation to refuse. */
export function merge (base: unknown, patch: unknown, depth = 0): unknown {
  if (patch === undefined) {
    return base
  }
  if (!isTable(base) || !isTable(patch) || depth >= MAX_MERGE_DEPTH) {
    return patch
  }
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    merged.set(key, merge(merged.get(key), value, depth + 1))
  }
  return Object.fromEntries(merged)
}

function isTable (value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
