import { type NetAddress, OperationError } from '@peerwright/core'
import type { ConnectOptions, Network, NetworkObserver, PeerSession, PeerTarget, SessionEnd } from '@peerwright/interface'

/** What happens to a dial: a session with this peer, a failure with this code, or nothing until it is given up. */
export type Answers = (address: string) => { readonly peerId: string } | { readonly code: string } | 'hang'

/** A network that only keeps book of dials. */
export class FakeNetwork implements Network {
  readonly localPeer: string = 'self'
  readonly dials: string[] = []
  readonly #answers: Answers
  readonly #sessions = new Map<string, PeerSession & { open: boolean }>()
  readonly #observers = new Set<NetworkObserver>()

  constructor (answers: Answers) {
    this.#answers = answers
  }

  get observers (): number {
    return this.#observers.size
  }

  sessions (): readonly PeerSession[] {
    return [...this.#sessions.values()]
  }

  async connect ({ address }: PeerTarget, { signal }: ConnectOptions): Promise<PeerSession> {
    const key = address.toString()
    this.dials.push(key)
    const answer = this.#answers(key)
    if (answer === 'hang') {
      return await new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => { reject(new OperationError('aborted', 'given up')) })
      })
    }
    if ('code' in answer) {
      throw new OperationError(answer.code, 'refused')
    }
    const session = this.#sessions.get(answer.peerId) ?? sessionOf(answer.peerId, address)
    this.#sessions.set(answer.peerId, session)
    return await Promise.resolve(session)
  }

  /** Ends a session. */
  end (peerId: string, end: SessionEnd): void {
    const session = this.#sessions.get(peerId)
    if (session !== undefined) {
      this.#sessions.delete(peerId)
      session.open = false
      this.#observers.forEach(observer => observer.closed?.(session, end))
    }
  }

  handle (): void {}

  observe (observer: NetworkObserver): () => void {
    this.#observers.add(observer)
    return () => { this.#observers.delete(observer) }
  }
}

function sessionOf (peerId: string, address: NetAddress): PeerSession & { open: boolean } {
  return { peerId, address, direction: 'outbound', class: 'full', open: true } as PeerSession & { open: boolean }
}
