import { type Clock, OperationError, PeerFault, systemClock, systemRandom } from '@peerwright/core'
import type { PeerSession, RegistryChange } from '@peerwright/interface'
import { decodeProof, messageType } from '@peerwright/protocol-messages'
import { asRefusal, checkPlace } from './listing.ts'
import { type ProofsDefaults, type ProofsInit, validateProofsInit } from './options.ts'
import { bindingOf, type ProverSetting, SessionProver } from './session-prover.ts'

const PROOF = messageType('proof')

/**
 * Proofs of identity after `verack`: asks the peer of every session for one, at once and on schedule, and answers those who ask. Writes
 * the facts
 * `pqAuth`, `peerCertified` and `certified` of a session.
 */
export class Proofs {
  readonly #options: ProofsInit & ProofsDefaults
  readonly #clock: Clock
  readonly #provers = new Map<PeerSession, SessionProver>()
  #stops: Array<() => void> | undefined

  /** @throws OperationError `invalid-option` */
  constructor (init: ProofsInit) {
    this.#options = validateProofsInit(init)
    this.#clock = init.clock ?? systemClock
    if (init.pqAuth !== 'off') {
      init.network.handle({
        owner: 'identity',
        live: { [PROOF]: async (session, payload) => { await this.#provers.get(session)?.onProof(decodeProof(payload)) } }
      })
    }
  }

  start (): void {
    const { network, registry } = this.#options
    if (this.#stops !== undefined) {
      return
    }
    this.#stops = [network.observe({
      opened: session => { this.#opened(session) },
      closed: session => {
        this.#provers.get(session)?.close()
        this.#provers.delete(session)
      }
    })]
    if (registry !== undefined) {
      this.#stops.push(registry.watch(change => { this.#onRegistry(change) }))
    }
    for (const session of network.sessions()) {
      this.#opened(session)
    }
  }

  /** Asks and answers no more; the sessions stay. */
  stop (): void {
    this.#stops?.forEach(stop => { stop() })
    this.#stops = undefined
    for (const prover of this.#provers.values()) {
      prover.close()
    }
    this.#provers.clear()
  }

  #opened (session: PeerSession): void {
    const { pqAuth, registry } = this.#options
    const { channel, facts } = session
    facts.pqAuth = channel.pqAuth
    facts.peerCertified = channel.peerCertified && registry === undefined
    try {
      checkPlace(this.#options, session, Math.floor(this.#clock.now() / 1_000))
    } catch (error) {
      this.#refuse(session, asRefusal(error))
      return
    }
    const binding = bindingOf(session)
    if (binding !== undefined && pqAuth !== 'off') {
      const prover = new SessionProver(session, binding, this.#setting(pqAuth))
      this.#provers.set(session, prover)
      prover.watch()
    } else if (pqAuth === 'require') {
      this.#refuse(session, new OperationError('unbound-channel', `a channel of ${channel.protocol} has nothing that a proof could be bound to, and proofs are required`))
    }
  }

  #refuse (session: PeerSession, reason: PeerFault | OperationError): void {
    this.#options.observer?.unproved?.(session, reason)
    void session.close({ code: 'fault', text: reason.code }, reason)
  }

  /** A registration that ended, or that a chain took back, ends what rests on it. */
  #onRegistry ({ type, peerId, entry }: RegistryChange): void {
    const { pqAuth, genesis } = this.#options
    if (genesis?.ofPeer(peerId, Math.floor(this.#clock.now() / 1_000)) !== undefined) {
      return
    }
    for (const [session, prover] of this.#provers) {
      const listed = entry?.status === 'active' && entry.fingerprint === session.facts.certified?.fingerprint
      // A look-up may be under way: whoever was revoked is not waited for
      if (session.peerId === peerId && !listed && (type === 'revoked' || session.facts.peerCertified === true)) {
        const reason = type === 'revoked'
          ? new PeerFault('revoked', 'the registration of the peer was revoked')
          : new PeerFault('not-registered', 'the registration of the peer holds no longer', { offence: 'ambiguous' })
        prover.distrust(reason, type === 'revoked' || pqAuth === 'require')
      }
    }
  }

  #setting (policy: 'send' | 'require'): ProverSetting {
    const { network, networkId, signer, verifier, registry, genesis, genesisElsewhere, intervalMs, timeoutMs, observer, random } = this.#options
    return {
      clock: this.#clock,
      random: random ?? systemRandom,
      rules: { policy, intervalMs, timeoutMs },
      networkId,
      localPeer: network.localPeer,
      signer,
      verifier,
      listing: {
        ...(registry === undefined ? {} : { registry }),
        ...(genesis === undefined ? {} : { genesis }),
        ...(genesisElsewhere === undefined ? {} : { genesisElsewhere })
      },
      onProved: (session, peer, listed) => { observer?.proved?.(session, peer, listed) },
      onUnproved: (session, reason) => { observer?.unproved?.(session, reason) },
      onUnanswered: (session, reason) => { observer?.unanswered?.(session, reason) }
    }
  }
}

/** Makes the proofs of a node. */
export function createProofs (init: ProofsInit): Proofs {
  return new Proofs(init)
}
