const ID = /^(?:(?:QP|QC|QN|NA)-\d{2}|S\d{2})(?=[\s,:]|$)[\s,:]*/
const HALF = /^([+-])\s/
const WORST_FIRST = ['failed', 'skipped', 'passed']

/** Reads `QP-08 QC-28 + moves blocks` into its ids and the half that it covers. */
export function readTitle (title) {
  const ids = []
  let rest = title

  for (let match = ID.exec(rest); match !== null; match = ID.exec(rest)) {
    ids.push(match[0].replaceAll(/[\s,:]/g, ''))
    rest = rest.slice(match[0].length)
  }

  return { ids, half: HALF.exec(rest)?.[1] === '-' ? 'negative' : 'positive' }
}

/** Folds tests into `{ id: { positive, negative } }`, sorted by id; a half that no test covers is null. */
export function toRows (tests) {
  const rows = {}

  for (const { title, outcome } of tests) {
    const { ids, half } = readTitle(title)

    for (const id of ids) {
      rows[id] ??= { positive: null, negative: null }

      const soFar = rows[id][half] ?? outcome

      rows[id][half] = WORST_FIRST.find(candidate => candidate === soFar || candidate === outcome)
    }
  }

  return Object.fromEntries(Object.entries(rows).sort(([a], [b]) => a < b ? -1 : 1))
}
