import assert from 'node:assert/strict'
import { PeerFault, seededRandom } from '@peerwright/core'
import type { ProofAnswer } from '@peerwright/protocol-messages'
import fc from 'fast-check'
import { nextProofMs, type ProofEvent, type ProofRules, type ProofState, type ProofStep, startProving, stepProof } from '../../src/proof-machine.ts'

const RULES: ProofRules = { policy: 'send', intervalMs: 1_000, timeoutMs: 100 }
const STRICT: ProofRules = { ...RULES, policy: 'require' }
const OURS = new Uint8Array(32).fill(1)
const OTHER = new Uint8Array(32).fill(2)
const NOW = 5_000

const answer = (challenge: Uint8Array): ProofEvent => ({ type: 'answer', answer: { step: 'answer', suite: 'ml-dsa-65', challenge, timeSeconds: 1, certificate: OURS, signature: OURS } satisfies ProofAnswer })
const refused = (code: string, challenge: Uint8Array = OURS): ProofEvent => ({ type: 'refused', challenge, fault: new PeerFault(code, 'no') })
const step = (state: ProofState, event: ProofEvent, rules: ProofRules = RULES): ProofStep => stepProof(state, event, rules, NOW, seededRandom(1))

/** What a step comes to, in a word or two. */
function word ({ state, action }: ProofStep): string {
  const detail = action.type === 'end' ? ` ${action.fault.code}` : action.type === 'unproved' ? ` ${action.reason.code}` : ''
  return `${state.phase}: ${action.type}${detail}`
}

const STATES: Readonly<Record<string, ProofState>> = {
  resting: { phase: 'resting', dueMs: NOW + 1 },
  due: { phase: 'resting', dueMs: NOW },
  late: { phase: 'resting', dueMs: NOW + 1, late: OURS },
  asked: { phase: 'asked', challenge: OURS, deadlineMs: NOW + 1 },
  'asked, over': { phase: 'asked', challenge: OURS, deadlineMs: NOW },
  checking: { phase: 'checking', challenge: OURS, deadlineMs: NOW + 1 },
  'checking, over': { phase: 'checking', challenge: OURS, deadlineMs: NOW },
  ended: { phase: 'ended' }
}

const EVENTS: Readonly<Record<string, ProofEvent>> = {
  time: { type: 'time' },
  answer: answer(OURS),
  'other answer': answer(OTHER),
  proved: { type: 'proved', challenge: OURS },
  'other proved': { type: 'proved', challenge: OTHER },
  expired: refused('expired'),
  forged: refused('bad-proof'),
  'other forged': refused('bad-proof', OTHER)
}

/** Every state with every event, in the order of `EVENTS`, for `send`. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  resting: ['resting: none', 'ended: end unasked-proof', 'ended: end unasked-proof', ...Array<string>(5).fill('resting: none')],
  due: ['asked: ask', 'ended: end unasked-proof', 'ended: end unasked-proof', ...Array<string>(5).fill('resting: none')],
  late: ['resting: none', 'resting: none', 'ended: end unasked-proof', ...Array<string>(5).fill('resting: none')],
  asked: ['asked: none', 'checking: check', 'ended: end unasked-proof', ...Array<string>(5).fill('asked: none')],
  'asked, over': ['resting: unproved proof-timeout', 'checking: check', 'ended: end unasked-proof', ...Array<string>(5).fill('asked: none')],
  checking: ['checking: none', 'ended: end unasked-proof', 'ended: end unasked-proof', 'resting: none', 'checking: none', 'resting: unproved expired', 'ended: end bad-proof', 'checking: none'],
  'checking, over': ['resting: unproved proof-timeout', 'ended: end unasked-proof', 'ended: end unasked-proof', 'resting: none', 'checking: none', 'resting: unproved expired', 'ended: end bad-proof', 'checking: none'],
  ended: Array<string>(8).fill('ended: none')
}

describe('the machine that asks for proofs', () => {
  for (const [name, state] of Object.entries(STATES)) {
    it(`QN-04 - does in state "${name}", with each event, what the table says`, () => {
      assert.deepEqual(Object.values(EVENTS).map(event => word(step(state, event))), TABLE[name])
      const strict = TABLE[name]?.map(result => result.replace(/^resting: unproved/, 'ended: end'))
      assert.deepEqual(Object.values(EVENTS).map(event => word(step(state, event, STRICT))), strict, 'with require')
    })
  }

  it('QN-04 + asks with a fresh challenge each time, and again after up to one interval', () => {
    const random = seededRandom(3)
    let state = startProving(0)
    const seen = new Set<string>()
    for (let nowMs = 0; nowMs < 20_000;) {
      const asked = stepProof(state, { type: 'time' }, RULES, nowMs, random)
      assert.ok(asked.action.type === 'ask')
      seen.add(Buffer.from(asked.action.challenge).toString('hex'))
      const checking = stepProof(asked.state, answer(asked.action.challenge), RULES, nowMs, random)
      state = stepProof(checking.state, { type: 'proved', challenge: asked.action.challenge }, RULES, nowMs, random).state
      const next = nextProofMs(state)!
      assert.ok(next - nowMs >= 900 && next - nowMs <= 1_000)
      nowMs = next
    }
    assert.ok(seen.size >= 20)
  })

  it('QN-04 - overlooks one late answer, and no more', () => {
    const over = step(STATES['asked, over']!, { type: 'time' })
    const late = step(over.state, answer(OURS))
    assert.equal(word(late), 'resting: none')
    assert.equal(word(step(late.state, answer(OURS))), 'ended: end unasked-proof')
  })

  it('QN-04 - whatever comes, nothing is proved that was not asked for, answered and checked', () => {
    const events = fc.array(fc.constantFrom(...Object.values(EVENTS)), { maxLength: 30 })
    fc.assert(fc.property(events, fc.constantFrom(RULES, STRICT), (all, rules) => {
      let state = startProving(NOW)
      for (const event of all) {
        const next = stepProof(state, event, rules, NOW, { bytes: () => OURS, below: () => 0 })
        if (state.phase === 'checking' && next.state.phase === 'resting' && next.action.type === 'none') {
          assert.deepEqual(event, EVENTS['proved'])
        }
        assert.ok(state.phase !== 'ended' || next.state.phase === 'ended')
        state = next.state
      }
    }))
  })
})
