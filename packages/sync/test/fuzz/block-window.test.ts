import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BlockWindow } from '../../src/block-window.ts'

const RUNS = Number(process.env['PEERWRIGHT_FUZZ_RUNS'] ?? 300)

const MAX_BLOCKS = 10
const MAX_BYTES = 300
const LENGTH = 40

/** The same in the plainest form: a list of blocks that are looked through from the start each time. */
interface Block {
  readonly height: number
  state: 'out' | 'wanted' | 'received' | 'accepted' | 'done'
  readonly askers: Set<number>
  bytes: number
}

class Model {
  readonly blocks: Block[] = Array.from({ length: LENGTH }, (_, at) => ({ height: at + 1, state: 'out', askers: new Set(), bytes: 0 }))

  get inside (): Block[] {
    return this.blocks.filter(({ state }) => state !== 'out' && state !== 'done')
  }

  get bytes (): number {
    return this.inside.reduce((sum, { bytes, state }) => sum + (state === 'wanted' ? 0 : bytes), 0)
  }

  get lowest (): Block | undefined {
    return this.inside.find(({ state }) => state === 'wanted')
  }

  trim (): void {
    for (const block of this.inside) {
      if (block.state !== 'accepted') {
        return
      }
      block.state = 'done'
    }
  }
}

type Step =
  | { readonly type: 'take', readonly peer: number, readonly count: number, readonly lacks: number }
  | { readonly type: 'deliver', readonly peer: number, readonly bytes: number, readonly which: number }
  | { readonly type: 'die', readonly peer: number }
  | { readonly type: 'accept' | 'connect' | 'reject', readonly pick: number }
  | { readonly type: 'repeat', readonly peer: number }

const peer = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const), peer, count: fc.integer({ min: 1, max: 6 }), lacks: fc.integer({ min: 0, max: 7 }) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('deliver' as const), peer, bytes: fc.integer({ min: 1, max: 120 }), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die' as const), peer }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constantFrom('accept' as const, 'connect' as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reject' as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('repeat' as const), peer }) }
)

describe('BlockWindow, against a naive model', () => {
  it('does the same through any history, and in the end has fetched every block', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const peers = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }]
      const window = new BlockWindow<object>({ maxBlocks: MAX_BLOCKS, maxBytes: MAX_BYTES })
      const model = new Model()
      const run = (todo: Step): void => {
        refill(window, model)
        apply(window, model, peers, todo)
        compare(window, model)
      }
      for (const todo of steps) {
        run(todo)
      }
      // From here all goes well: every block must come, whatever happened before
      for (let turn = 0; turn < 40 * LENGTH && model.blocks.some(({ state }) => state !== 'done'); turn++) {
        run({ type: 'take', peer: turn % 4, count: 3, lacks: 0 })
        // In the order asked: what comes out of turn may find no room, again and again
        run({ type: 'deliver', peer: turn % 4, bytes: 20, which: 0 })
        run({ type: 'accept', pick: turn })
      }
      assert.deepEqual(model.blocks.filter(({ state }) => state !== 'done').map(({ height }) => height), [])
      assert.deepEqual([window.size, window.asked, window.queued, window.unconnectedBytes], [0, 0, 0, 0])
    }), { numRuns: RUNS, seed: 20 })
  })
})

function refill (window: BlockWindow<object>, model: Model): void {
  const room = MAX_BLOCKS - model.inside.length
  assert.equal(window.room, room)
  const next = model.blocks.filter(({ state }) => state === 'out').slice(0, room)
  window.add(next.map(({ height }) => ({ id: String(height), height })))
  for (const block of next) {
    block.state = 'wanted'
  }
}

function apply (window: BlockWindow<object>, model: Model, peers: readonly object[], todo: Step): void {
  switch (todo.type) {
    case 'take':
      take(window, model, peers, todo)
      break
    case 'deliver': {
      const asked = model.inside.filter(({ askers }) => askers.has(todo.peer))
      const block = asked[todo.which % Math.max(1, asked.length)]
      if (block !== undefined) {
        const fits = model.bytes + todo.bytes <= MAX_BYTES || block === model.lowest
        assert.equal(window.received(String(block.height), todo.bytes, peers[todo.peer] as object), fits)
        block.askers.clear()
        block.state = fits ? 'received' : 'wanted'
        block.bytes = todo.bytes
      }
      break
    }
    case 'die': {
      const own = model.inside.filter(({ askers }) => askers.has(todo.peer))
      window.giveBack(peers[todo.peer] as object, own.map(({ height }) => String(height)))
      for (const { askers } of own) {
        askers.delete(todo.peer)
      }
      break
    }
    case 'accept': {
      const block = pick(model, todo.pick, ['received'])
      if (block !== undefined) {
        window.accepted(String(block.height))
        block.state = 'accepted'
        model.trim()
      }
      break
    }
    case 'connect': {
      // A chain connects from below, and blocks may reach it by other ways
      const block = model.inside[0]
      if (block !== undefined && (todo.pick < 4 || block.state === 'received')) {
        window.connected(String(block.height))
        block.askers.clear()
        block.state = 'done'
        model.trim()
      }
      break
    }
    case 'reject': {
      const block = pick(model, todo.pick, ['received', 'accepted'])
      if (block !== undefined) {
        window.rejected(String(block.height))
        block.state = 'wanted'
      }
      break
    }
    case 'repeat': {
      const slow = model.inside.find(({ askers }) => askers.size === 1 && !askers.has(todo.peer))
      const [asker] = slow?.askers ?? []
      if (slow !== undefined && asker !== undefined) {
        assert.equal(window.heldUpBy(peers[asker] as object, 1)[0]?.height, model.inside.find(({ askers }) => askers.size === 1 && askers.has(asker))?.height)
        window.askAlso(String(slow.height), peers[todo.peer] as object)
        slow.askers.add(todo.peer)
      }
    }
  }
}

function take (window: BlockWindow<object>, model: Model, peers: readonly object[], { peer: taker, count, lacks }: Extract<Step, { type: 'take' }>): void {
  const has = (height: number): boolean => lacks === 0 || height % (lacks + 1) !== 0
  const expected: number[] = []
  for (const block of model.inside) {
    if (expected.length === count || (model.bytes >= MAX_BYTES && block.state === 'wanted' && block.askers.size === 0 && block !== model.lowest)) {
      break
    }
    if (block.state === 'wanted' && block.askers.size === 0 && has(block.height)) {
      expected.push(block.height)
    }
  }
  const taken = window.take(peers[taker] as object, count, ({ height }) => has(height))
  assert.deepEqual(taken.map(({ height }) => height), expected)
  for (const { height } of taken) {
    // Never two peers for one block
    assert.equal((model.blocks[height - 1] as Block).askers.size, 0)
    ;(model.blocks[height - 1] as Block).askers.add(taker)
  }
}

function pick (model: Model, number: number, states: ReadonlyArray<Block['state']>): Block | undefined {
  const found = model.inside.filter(({ state }) => states.includes(state))
  return found[number % Math.max(1, found.length)]
}

function compare (window: BlockWindow<object>, model: Model): void {
  const wanted = model.inside.filter(({ state }) => state === 'wanted')
  assert.deepEqual({
    size: window.size, bytes: window.unconnectedBytes, asked: window.asked, queued: window.queued, lowest: window.lowestMissing()?.ref.height
  }, {
    size: model.inside.length,
    bytes: model.bytes,
    asked: wanted.filter(({ askers }) => askers.size > 0).length,
    queued: wanted.filter(({ askers }) => askers.size === 0).length,
    lowest: model.lowest?.height
  })
  assert.ok(window.size <= MAX_BLOCKS)
  // One block more than fits: the one that all others wait for
  assert.ok(window.unconnectedBytes <= MAX_BYTES + 120)
}
