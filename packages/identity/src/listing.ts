import { OperationError, PeerFault } from '@peerwright/core'
import type { CertifiedPeer, PeerSession, Registry } from '@peerwright/interface'
import { genesisStanding, trustSteps } from './genesis-standing.ts'
import type { GenesisTrust } from './genesis-trust.ts'

/** Whom peers are looked up with. */
export interface ListingInit {
  readonly registry?: Registry
  readonly genesis?: GenesisTrust
  /** A genesis node at an address that is not its own. @default 'not-preferred' */
  readonly genesisElsewhere?: 'refuse' | 'not-preferred'
}

/** Where a peer stands: whether it is of a place that is trusted with its keys. */
type Place = Pick<PeerSession, 'peerId' | 'address' | 'direction'>

/**
 * Whether a peer may be who it says before it has proved anything.
 *
 * @throws PeerFault `genesis-wrong-peer`, `genesis-wrong-address`
 */
export function checkPlace ({ genesis, genesisElsewhere }: ListingInit, { peerId, address, direction }: Place, nowSeconds: number): void {
  if (genesis !== undefined) {
    refuse(genesisStanding(genesis, { peerId, address, direction }, nowSeconds, genesisElsewhere))
  }
}

/**
 * Whether the key of a peer is listed: in the registry, or among the genesis nodes, who skip it. Where there is no registry every
 * certificate is as good.
 *
 * @throws PeerFault `genesis-wrong-key`, `genesis-wrong-address`, `not-registered`, `revoked`, `key-not-listed`
 * @throws OperationError of the registry
 */
export async function checkListed (
  { registry, genesis, genesisElsewhere }: ListingInit, { peerId, address, direction }: Place, peer: CertifiedPeer, nowSeconds: number
): Promise<void> {
  const standing = genesis === undefined
    ? { kind: 'ordinary' } as const
    : genesisStanding(genesis, { peerId, fingerprint: peer.fingerprint, address, direction }, nowSeconds, genesisElsewhere)
  if (standing.kind === 'refused') {
    refuse(standing)
  } else if (registry !== undefined && trustSteps(standing).registry) {
    checkEntry(await registry.lookup(peerId), peer)
  }
}

/**
 * The same for a handshake, where nothing is known yet of the place: a genesis node by its keys alone.
 *
 * @throws as `checkListed`
 */
export async function checkKeyListed ({ registry, genesis }: ListingInit, peer: CertifiedPeer, nowSeconds: number): Promise<void> {
  const record = genesis?.ofPeer(peer.peerId, nowSeconds)
  if (record === undefined) {
    if (registry !== undefined) {
      checkEntry(await registry.lookup(peer.peerId), peer)
    }
  } else if (record.fingerprint !== peer.fingerprint) {
    refuse({ kind: 'refused', code: 'genesis-wrong-key' })
  }
}

/** Refusals that leave a peer where it is, unlisted, as long as nobody requires more. */
export function isUnlisted (error: PeerFault | OperationError): boolean {
  return error.code === 'not-registered' || error.name === 'OperationError'
}

function checkEntry (entry: Awaited<ReturnType<Registry['lookup']>>, { fingerprint }: CertifiedPeer): void {
  if (entry?.status === 'revoked') {
    throw new PeerFault('revoked', 'the registration of the peer was revoked')
  }
  if (entry?.status !== 'active') {
    throw new PeerFault('not-registered', 'the peer is not registered', { offence: 'ambiguous' })
  }
  if (entry.fingerprint !== fingerprint) {
    throw new PeerFault('key-not-listed', 'the peer is registered with another key')
  }
}

function refuse (standing: ReturnType<typeof genesisStanding>): void {
  if (standing.kind === 'refused') {
    throw new PeerFault(standing.code, 'somebody stands where a genesis node should stand, or in its name')
  }
}

/** An error that a caller can tell from a bug. */
export function asRefusal (error: unknown): PeerFault | OperationError {
  return error instanceof PeerFault || error instanceof OperationError ? error : new OperationError('check-failed', 'a proof could not be checked', { cause: error })
}
