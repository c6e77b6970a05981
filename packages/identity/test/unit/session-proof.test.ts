import assert from 'node:assert/strict'
import type { Verifier } from '@peerwright/interface'
import { type ProofChallenge, type ProofSuite } from '@peerwright/protocol-messages'
import { createVerifier, loadSuites, Pins, SUITES } from '../../src/index.ts'
import { answerChallenge, checkAnswer, isBinding, type SessionFacts } from '../../src/session-proof.ts'
import { ALL_SUITES, isFault, isOperation, NOW, peerOf, peerWith } from '../support/peers.ts'
import { factsOf } from '../support/session-facts.ts'

const CHALLENGE = new Uint8Array(32).fill(9)
const asking = (suites: readonly ProofSuite[] = SUITES): ProofChallenge => ({ step: 'challenge', challenge: CHALLENGE, suites })
const verifierOf = (): Verifier => createVerifier({ suites: ALL_SUITES, pins: new Pins() })

describe('the proof after verack', () => {
  for (const suite of SUITES) {
    it(`QN-04 QN-21 + of an honest peer is believed: ${suite}`, async () => {
      const [prover, asker] = [await peerOf(1, suite), await peerOf(2)]
      const facts = factsOf(prover.peerId, asker.peerId)
      const answer = await answerChallenge(prover.signer, facts, asking(), NOW)
      const peer = await checkAnswer(verifierOf(), facts, CHALLENGE, answer, NOW + 300)
      assert.deepEqual([peer.peerId, peer.suite], [prover.peerId, suite])
    })
  }

  it('QN-04 - replayed for another challenge is refused', async () => {
    const { peerId, signer } = await peerOf(1)
    const facts = factsOf(peerId, 'asker')
    const answer = await answerChallenge(signer, facts, asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE.with(0, 1), answer, NOW), isFault('unasked-proof'))
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE.with(0, 1), { ...answer, challenge: CHALLENGE.with(0, 1) }, NOW), isFault('bad-proof'))
  })

  it('QN-04 - relayed through a node in the middle is refused, even by one that has stolen both identities', async () => {
    const [prover, asker, middle] = [await peerOf(1), await peerOf(2), await peerOf(3)]
    // The middle is itself towards both: the prover signs for the middle
    const towardsMiddle = await answerChallenge(prover.signer, factsOf(prover.peerId, middle.peerId), asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), factsOf(middle.peerId, asker.peerId), CHALLENGE, towardsMiddle, NOW), isFault('wrong-peer'))
    await assert.rejects(checkAnswer(verifierOf(), factsOf(prover.peerId, asker.peerId), CHALLENGE, towardsMiddle, NOW), isFault('bad-proof'))
    // The middle is the prover towards the asker and the asker towards the prover, with their nonces: only the channels differ
    const near = factsOf(prover.peerId, asker.peerId)
    const far = { ...near, channelBinding: new Uint8Array(32).fill(4) }
    const relayed = await answerChallenge(prover.signer, far, asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), near, CHALLENGE, relayed, NOW), isFault('bad-proof'))
  })

  it('QN-04 - thrown back at its author, in another network or conversation, is refused', async () => {
    const { peerId, signer } = await peerOf(1)
    const facts = factsOf(peerId, 'asker')
    const answer = await answerChallenge(signer, facts, asking(), NOW)
    const others: SessionFacts[] = [
      { ...facts, networkId: '5b'.repeat(32) },
      { ...facts, asker: 'other' },
      { ...facts, asker: 'aske', prover: peerId },
      { ...facts, proverNonce: 22n, askerNonce: 11n },
      { ...facts, proverNonce: 12n },
      { ...facts, askerNonce: 23n },
      { ...facts, channelBinding: new Uint8Array(64).fill(3) },
      { ...facts, channelBinding: facts.channelBinding.with(31, 2) }
    ]
    for (const other of others) {
      await assert.rejects(checkAnswer(verifierOf(), other, CHALLENGE, answer, NOW), isFault('bad-proof'))
    }
    await assert.rejects(checkAnswer(verifierOf(), { ...facts, prover: 'asker', asker: peerId }, CHALLENGE, answer, NOW), isFault('wrong-peer'))
  })

  it('QN-04 - with another key, an old or early time, or a bit changed is refused', async () => {
    const [peer, other] = [await peerOf(1), await peerOf(2)]
    const facts = factsOf(peer.peerId, 'asker')
    const answer = await answerChallenge(peer.signer, facts, asking(), NOW)
    const foreign = await answerChallenge(other.signer, facts, asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, foreign, NOW), isFault('wrong-peer'))
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, { ...answer, signature: foreign.signature }, NOW), isFault('bad-proof'))
    const rekeyed = await answerChallenge(peerWith(peer.identity, other.secret).signer, facts, asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, { ...rekeyed, signature: answer.signature }, NOW), isFault('bad-proof'))
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, answer, NOW + 301), isFault('stale-proof'))
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, answer, NOW - 301), isFault('stale-proof'))
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, { ...answer, timeSeconds: NOW + 1 }, NOW), isFault('bad-proof'))
    for (let at = 0; at < answer.signature.length; at += 71) {
      const signature = answer.signature.with(at, (answer.signature[at] ?? 0) ^ 1)
      await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, { ...answer, signature }, NOW), isFault('bad-proof'))
    }
  })

  it('QN-21 - in a suite that was not asked for is refused, and not made', async () => {
    const { peerId, signer } = await peerOf(1, 'ml-dsa-44')
    const facts = factsOf(peerId, 'asker')
    const strict = createVerifier({ suites: await loadSuites(['ml-dsa-87', 'ml-dsa-65']), pins: new Pins() })
    const answer = await answerChallenge(signer, facts, asking(), NOW)
    await assert.rejects(checkAnswer(strict, facts, CHALLENGE, answer, NOW), isFault('suite-not-accepted'))
    await assert.rejects(checkAnswer(strict, facts, CHALLENGE, { ...answer, suite: 'ml-dsa-65' }, NOW), isFault('suite-not-accepted'), 'by the certificate')
    await assert.rejects(answerChallenge(signer, facts, asking(['ml-dsa-87']), NOW), isOperation('no-common-suite'))
    const strong = await peerOf(1, 'ml-dsa-87')
    const mixed = await answerChallenge(strong.signer, facts, asking(), NOW)
    await assert.rejects(checkAnswer(verifierOf(), facts, CHALLENGE, { ...mixed, suite: 'ml-dsa-65' }, NOW), isFault('bad-proof'), 'the certificate is of another suite')
  })

  it('QN-04 - a binding of fewer than 32 or more than 64 bytes is none', () => {
    assert.deepEqual([0, 31, 32, 64, 65].map(length => isBinding(new Uint8Array(length))), [false, false, true, true, false])
    assert.equal(isBinding(undefined), false)
  })
})
