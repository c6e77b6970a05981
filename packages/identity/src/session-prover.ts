import { type Clock, type OperationError, PeerFault, type Random, type Timer, TokenBucket } from '@peerwright/core'
import type { CertifiedPeer, PeerSession, Signer, Verifier } from '@peerwright/interface'
import { encodeProof, messageType, type Proof, type ProofAnswer, type ProofChallenge } from '@peerwright/protocol-messages'
import { CHALLENGE_RATE } from './constants.ts'
import { asRefusal, checkListed, isUnlisted, type ListingInit } from './listing.ts'
import { nextProofMs, type ProofEvent, type ProofRules, type ProofState, startProving, stepProof } from './proof-machine.ts'
import { answerChallenge, checkAnswer, isBinding, type SessionFacts } from './session-proof.ts'

const PROOF = messageType('proof')

/** What all sessions of a node have in common. */
export interface ProverSetting {
  readonly clock: Clock
  readonly random: Random
  readonly rules: ProofRules
  readonly networkId: string
  readonly localPeer: string
  readonly signer: Signer
  readonly verifier: Verifier
  readonly listing: ListingInit
  readonly onProved: (session: PeerSession, peer: CertifiedPeer, listed: boolean) => void
  readonly onUnproved: (session: PeerSession, reason: PeerFault | OperationError) => void
  readonly onUnanswered: (session: PeerSession, reason: PeerFault | OperationError) => void
}

/** The proofs of one session: asks for the peer's, and gives ours. */
export class SessionProver {
  readonly #session: PeerSession
  readonly #setting: ProverSetting
  readonly #binding: Uint8Array
  readonly #challenges: TokenBucket
  #state: ProofState
  #timer: Timer | undefined
  #closed = false

  /** @param binding - of the session's channel */
  constructor (session: PeerSession, binding: Uint8Array, setting: ProverSetting) {
    this.#session = session
    this.#setting = setting
    this.#binding = binding
    const nowMs = setting.clock.monotonic()
    this.#challenges = new TokenBucket(CHALLENGE_RATE, nowMs)
    // A handshake that was signed is a proof already; only a registry is still to be asked
    const proved = session.channel.pqAuth && setting.listing.registry === undefined
    this.#state = startProving(proved ? nowMs + setting.rules.intervalMs : nowMs)
  }

  /** Asks when it is time. */
  watch (): void {
    this.#timer?.cancel()
    const dueMs = this.#closed ? undefined : nextProofMs(this.#state)
    if (dueMs === undefined) {
      return
    }
    const { clock } = this.#setting
    const waitMs = dueMs - clock.monotonic()
    if (waitMs <= 0) {
      this.#step({ type: 'time' })
    } else {
      this.#timer = clock.schedule(waitMs, () => { this.watch() })
    }
  }

  /** The session is over, or the node stops asking. */
  close (): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  /** A proof, or a question for one, arrived. @throws PeerFault `too-many-challenges` */
  async onProof (proof: Proof): Promise<void> {
    if (proof.step === 'challenge') {
      await this.#answer(proof)
    } else {
      // Not awaited: while an answer is checked, which may take a look-up, the peer's other messages are read
      this.#step({ type: 'answer', answer: proof })
    }
  }

  /** What was proved no longer counts. */
  distrust (reason: PeerFault, end: boolean): void {
    this.#session.facts.peerCertified = false
    if (end) {
      this.#end(reason)
    } else {
      this.#setting.onUnproved(this.#session, reason)
    }
  }

  async #answer (challenge: ProofChallenge): Promise<void> {
    const { clock, signer, localPeer } = this.#setting
    if (!this.#challenges.take(1, clock.monotonic())) {
      throw new PeerFault('too-many-challenges', 'the peer asks for proofs more often than it may', { offence: 'resource' })
    }
    const { peerId, nonces } = this.#session
    const facts = this.#facts(localPeer, peerId, nonces.local, nonces.remote)
    try {
      this.#session.send(PROOF, encodeProof(await answerChallenge(signer, facts, challenge, nowSeconds(clock))))
    } catch (error) {
      // Without a suite in common there is no answer; what follows from that is for the asker
      this.#setting.onUnanswered(this.#session, asRefusal(error))
    }
  }

  #facts (prover: string, asker: string, proverNonce: bigint, askerNonce: bigint): SessionFacts {
    return { networkId: this.#setting.networkId, prover, asker, proverNonce, askerNonce, channelBinding: this.#binding }
  }

  #step (event: ProofEvent): void {
    const { clock, random, rules, verifier } = this.#setting
    if (this.#closed) {
      return
    }
    const { state, action } = stepProof(this.#state, event, rules, clock.monotonic(), random)
    this.#state = state
    switch (action.type) {
      case 'ask':
        this.#session.send(PROOF, encodeProof({ step: 'challenge', challenge: action.challenge, suites: verifier.suites as ProofChallenge['suites'] }))
        break
      case 'check':
        void this.#check(action.challenge, action.answer)
        break
      case 'unproved':
        this.#forget()
        this.#setting.onUnproved(this.#session, action.reason)
        break
      case 'end':
        this.#end(action.fault)
        break
      case 'none':
    }
    this.watch()
  }

  async #check (challenge: Uint8Array, answer: ProofAnswer): Promise<void> {
    const { clock, verifier, listing, localPeer, rules, onProved } = this.#setting
    const { peerId, nonces, facts, direction } = this.#session
    const checking = this.#state
    try {
      const bound = this.#facts(peerId, localPeer, nonces.remote, nonces.local)
      const peer = await checkAnswer(verifier, bound, challenge, answer, nowSeconds(clock), direction === 'outbound')
      const refusal = await checkListed(listing, this.#session, peer, nowSeconds(clock)).then(() => undefined, asRefusal)
      if (refusal !== undefined && (rules.policy === 'require' || !isUnlisted(refusal))) {
        throw refusal
      }
      // Too late: the time for it is over, or the session
      if (this.#state === checking && !this.#closed) {
        Object.assign(facts, { pqAuth: true, peerCertified: refusal === undefined, certified: peer })
        onProved(this.#session, peer, refusal === undefined)
      }
      this.#step({ type: 'proved', challenge })
    } catch (error) {
      this.#step({ type: 'refused', challenge, fault: asRefusal(error) })
    }
  }

  #forget (): void {
    const { facts } = this.#session
    facts.pqAuth = false
    facts.peerCertified = false
    delete facts.certified
  }

  #end (fault: PeerFault | OperationError): void {
    this.close()
    this.#forget()
    this.#setting.onUnproved(this.#session, fault)
    void this.#session.close({ code: fault.code === 'proof-timeout' ? 'timeout' : 'fault', text: fault.code }, fault)
  }
}

const nowSeconds = (clock: Clock): number => Math.floor(clock.now() / 1_000)

/** What a session's channel alone has, if it is enough to bind a proof to. */
export function bindingOf ({ channel }: PeerSession): Uint8Array | undefined {
  return isBinding(channel.channelBinding) ? channel.channelBinding : undefined
}
