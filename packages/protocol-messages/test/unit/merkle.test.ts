import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { merkleRoot } from '../../src/index.ts'

function twice (bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

/** The definition, word for word. */
function naiveRoot (leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) {
    return leaves[0] as Uint8Array
  }
  const padded = leaves.length % 2 === 0 ? leaves : [...leaves, leaves.at(-1) as Uint8Array]
  const above: Uint8Array[] = []
  for (let at = 0; at < padded.length; at += 2) {
    above.push(twice(Buffer.concat(padded.slice(at, at + 2))))
  }
  return naiveRoot(above)
}

const leaves = fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 40, selector: String })

function flat (list: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(list))
}

describe('the Merkle root', () => {
  it('is that of the definition, and different leaves are not called mutated', () => {
    fc.assert(fc.property(leaves, list => {
      const { root, mutated } = merkleRoot(flat(list))
      assert.deepEqual(Buffer.from(root), Buffer.from(naiveRoot(list)))
      assert.equal(mutated, false)
    }))
  })

  it('CVE-2012-2459: a list made longer with the same root is called mutated', () => {
    fc.assert(fc.property(leaves, fc.nat({ max: 5 }), (list, level) => {
      // On the level where the width is odd, the last node's leaves are repeated
      const width = 2 ** level
      const nodes = Math.ceil(list.length / width)
      fc.pre(nodes % 2 === 1 && nodes > 1 && list.length % width === 0)
      const longer = [...list, ...list.slice(-width)]
      const { root, mutated } = merkleRoot(flat(longer))
      assert.deepEqual(root, merkleRoot(flat(list)).root)
      assert.equal(mutated, true)
    }))
  })
})
