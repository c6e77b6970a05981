import type { PeerId } from '@libp2p/interface'
import type { Clock, NetAddress } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import type { AddressPins } from './address-pins.ts'
import { DowngradeError } from './errors.ts'
import type { StickyMemory } from './sticky-memory.ts'

const DAY_MS = 86_400_000

/**
 * What channels a node takes. `prefer`: the hybrid where the other side has it. `sticky`: the same, and a peer that had it once is held
 * to it. `require`: the hybrid and nothing else.
 */
export type ChannelPolicy = 'prefer' | 'sticky' | 'require'

/** What a guard is asked about. */
export interface GuardedChannel {
  readonly protocol: string
  readonly pq: boolean
  readonly peer: PeerIdText
  readonly outbound: boolean
  /** Who it is, and where it was dialled: what pins are held against */
  readonly identity?: PeerId
  readonly address?: NetAddress | undefined
}

/** What a guard knows. */
export interface ChannelGuardInit {
  /** Which peers had the hybrid. @default `sticky` is `prefer` */
  readonly memory?: StickyMemory
  /** Who must answer where. @default whoever does is taken */
  readonly pins?: AddressPins
  /** Whether a peer is one that the operator or the network names: it is remembered when it comes in, too. @default nobody is */
  readonly configured?: (peer: PeerIdText) => boolean
  readonly clock: Clock
}

/** One policy for all encrypters of a node, with the memory that `sticky` needs. */
export class ChannelGuard {
  readonly policy: ChannelPolicy
  readonly memory: StickyMemory | undefined
  readonly #pins: AddressPins | undefined
  readonly #configured: (peer: PeerIdText) => boolean
  readonly #clock: Clock

  constructor (policy: ChannelPolicy, { memory, pins, configured = () => false, clock }: ChannelGuardInit) {
    this.policy = policy
    this.#configured = configured
    this.memory = memory
    this.#pins = pins
    this.#clock = clock
  }

  /** Before a byte of a handshake is answered. @throws DowngradeError `required` */
  checkProtocol (protocol: string, pq: boolean): void {
    if (this.policy === 'require' && !pq) {
      throw new DowngradeError('required', protocol, undefined, 'this network allows hybrid channels only')
    }
  }

  /** Once the other side has proved who it is. @throws DowngradeError `required`, `sticky`; WrongIdentityError */
  check ({ protocol, pq, peer, outbound, identity, address }: GuardedChannel): void {
    this.checkProtocol(protocol, pq)
    if (outbound && identity !== undefined && address !== undefined) {
      this.#pins?.check(address, identity)
    }
    const seenMs = pq || this.policy !== 'sticky' ? undefined : this.memory?.seen(peer, this.#clock.now())
    if (seenMs !== undefined) {
      const days = Math.floor((this.#clock.now() - seenMs) / DAY_MS)
      throw new DowngradeError('sticky', protocol, undefined, `${peer} had a hybrid channel ${days} days ago; have it forgotten if it turned that off on purpose`)
    }
  }

  /** A channel stands. Who was dialled or is configured is remembered; other strangers that come in may have any number of ids, and are not. */
  secured ({ pq, peer, outbound }: GuardedChannel): void {
    if (pq && (outbound || this.#configured(peer))) {
      this.memory?.remember(peer, this.#clock.now())
    }
  }
}
