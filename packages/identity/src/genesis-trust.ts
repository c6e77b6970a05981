import { type NetAddress, OperationError, PeerFault } from '@peerwright/core'
import type { PeerIdText } from '@peerwright/interface'
import { type DsaPublicKey, fingerprint } from './certificate.ts'
import { checkGenesisCertificate, GENESIS_IDS, type GenesisRecord } from './genesis-certificate.ts'
import type { GenesisEnvironment } from './genesis-environment.ts'
import type { Pin, PinSource } from './pins.ts'
import type { Suites } from './suites.ts'

/** Whom a node takes for a genesis node. */
export interface GenesisTrustInit {
  /** 64 hexadecimal digits */
  readonly networkId: string
  /** Records from the profile, or from the configuration */
  readonly records?: readonly GenesisRecord[]
  /** Who signs certificates of genesis nodes; needed where the environment has one */
  readonly root?: DsaPublicKey
  readonly environment?: GenesisEnvironment
  /** Who this node is: what `QNET_BOOTSTRAP_ID` is held against */
  readonly own?: { readonly peerId: PeerIdText, readonly fingerprint: string }
  readonly suites: Suites
  readonly nowSeconds: number
}

/** A record, with what its key is known by. */
export interface TrustedGenesis extends GenesisRecord {
  readonly fingerprint: string
}

/** The genesis nodes of a network, by whom and where they are. At most five. */
export class GenesisTrust {
  /** The bootstrap id of this node, where it is a genesis node */
  readonly ownId: string | undefined
  readonly #records: readonly TrustedGenesis[]

  constructor (records: readonly TrustedGenesis[], ownId?: string) {
    this.#records = records
    this.ownId = ownId
  }

  /** All that are good at this time. */
  records (nowSeconds: number): readonly TrustedGenesis[] {
    return this.#records.filter(({ notAfterSeconds }) => notAfterSeconds === undefined || nowSeconds < notAfterSeconds)
  }

  ofPeer (peerId: PeerIdText, nowSeconds: number): TrustedGenesis | undefined {
    return this.records(nowSeconds).find(record => record.peerId === peerId)
  }

  atAddress (address: NetAddress, nowSeconds: number): TrustedGenesis | undefined {
    return this.records(nowSeconds).find(({ addresses }) => addresses.some(known => known.equals(address)))
  }

  /** Their keys, to be pinned. */
  pins (nowSeconds: number, source: PinSource = 'profile'): Pin[] {
    return this.records(nowSeconds).map(({ peerId, fingerprint: known }) => ({ peerId, fingerprint: known, epoch: 0, source }))
  }
}

/**
 * Puts together what the profile pins and what the environment brings. Nobody is a genesis node by saying so.
 *
 * @throws OperationError `no-genesis-root`, `bad-genesis-certificate`, `genesis-conflict`, `not-this-genesis-node`; none shows what a
 * variable holds
 */
export function genesisTrust (init: GenesisTrustInit): GenesisTrust {
  const records = [...init.records ?? [], ...fromEnvironment(init)].map(record => ({ ...record, fingerprint: fingerprint(record) }))
  for (const [index, record] of records.entries()) {
    checkRecord(record)
    const other = records.slice(0, index).find(known => known.id === record.id || known.peerId === record.peerId)
    if (other !== undefined && (other.id !== record.id || other.peerId !== record.peerId || other.fingerprint !== record.fingerprint)) {
      throw new OperationError('genesis-conflict', `two records of genesis node ${record.id} or its peer do not agree: remove one`)
    }
  }
  // Where two agree the first stands: what is configured, and does not expire
  const trusted = records.filter((record, index) => records.findIndex(({ id }) => id === record.id) === index)
  return new GenesisTrust(trusted, claimedId(init, trusted))
}

function fromEnvironment ({ environment, root, networkId, suites, nowSeconds }: GenesisTrustInit): GenesisRecord[] {
  return [...environment?.certificates ?? []].map(([id, bytes]) => {
    if (root === undefined) {
      throw new OperationError('no-genesis-root', `QNET_GENESIS_CERT_${id} is set, and no root is pinned that could have signed it`)
    }
    try {
      return checkGenesisCertificate(bytes, { id, root, networkId, suites, nowSeconds })
    } catch (error) {
      const code = error instanceof PeerFault ? error.code : 'unreadable'
      throw new OperationError('bad-genesis-certificate', `QNET_GENESIS_CERT_${id} is refused: ${code}`)
    }
  })
}

function checkRecord ({ id, addresses }: GenesisRecord): void {
  if (!GENESIS_IDS.includes(id) || addresses.length === 0) {
    throw new OperationError('invalid-option', `a genesis record has an id of ${GENESIS_IDS.join(', ')}, and an address`)
  }
}

/** A node that claims a bootstrap id shows the key that is known for it, like everybody else. */
function claimedId ({ environment, own }: GenesisTrustInit, trusted: readonly TrustedGenesis[]): string | undefined {
  const id = environment?.bootstrapId
  const record = trusted.find(known => known.id === id)
  if (id !== undefined && (record === undefined || record.peerId !== own?.peerId || record.fingerprint !== own.fingerprint)) {
    throw new OperationError('not-this-genesis-node', `QNET_BOOTSTRAP_ID says ${id}, and neither a pinned record nor a certificate says so of this node's keys`)
  }
  return id
}
