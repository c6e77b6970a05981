import type { PrivateKey } from '@libp2p/interface'
import type { GenesisPeer, Policy } from '@peerwright/chain-spec'
import { fromHex, NetAddress } from '@peerwright/core'
import {
  createProofs, createSigner, createVerifier, derivedSecret, type DsaSecret, fingerprint, GenesisTrust, loadSuites, Pins, type ProofObserver, type Proofs, type SuiteBackends, type Suites, SUITES, type TrustedGenesis
} from '@peerwright/identity'
import type { Network, Registry, Signer, Verifier } from '@peerwright/interface'

/** How a node proves who it is, and what it asks of others. */
export interface IdentityOptions {
  /** `off`, `send`: proofs are asked for and given; `require`: a session without one ends, as does one on a channel that has nothing to bind it to. @default what the profile says */
  readonly pqAuth?: 'off' | 'send' | 'require'
  /** Suites that are accepted, the best first; the first one signs where the key is derived. @default ml-dsa-65, ml-dsa-87, ml-dsa-44 */
  readonly suites?: readonly DsaSecret['suite'][]
  /** The node's ML-DSA key. @default the one of epoch 0 that follows from an Ed25519 `privateKey` */
  readonly secret?: DsaSecret
  /** What is known of the keys of peers. @default nothing: every first contact is believed */
  readonly pins?: Pins
  /** Where keys are listed; without it every certificate is as good */
  readonly registry?: Registry
  /** Whose keys everybody knows. @default `genesisPeers` of the profile */
  readonly genesis?: GenesisTrust
  readonly observer?: ProofObserver
  /** From where signatures are taken, and whether plain JavaScript may sign where nothing faster is there. @default WebAssembly or Node, and no */
  readonly backends?: SuiteBackends
}

/** The same, with what the profile says filled in. */
export type IdentitySetting = IdentityOptions & Required<Pick<IdentityOptions, 'pqAuth'>>

/** How a node proves who it is: what its options say, then its profile; undefined where it does not. */
export function identitySetting (options: IdentityOptions | undefined, { channels: { pqAuth }, genesisPeers }: Policy): IdentitySetting | undefined {
  if (options === undefined && pqAuth === 'off') {
    return undefined
  }
  const genesis = options?.genesis ?? genesisOf(genesisPeers)
  return { ...options, pqAuth: options?.pqAuth ?? pqAuth, ...(genesis === undefined ? {} : { genesis }) }
}

function genesisOf (peers: readonly GenesisPeer[]): GenesisTrust | undefined {
  return peers.length === 0 ? undefined : new GenesisTrust(peers.map(genesisRecord))
}

/** Pins the keys of the genesis nodes that a profile names. */
export function learnGenesis (pins: Pins, { genesisPeers }: Policy, nowSeconds: number): void {
  for (const pin of genesisOf(genesisPeers)?.pins(nowSeconds) ?? []) {
    pins.learn(pin)
  }
}

function genesisRecord ({ id, peerId, suite, publicKey, addresses }: GenesisPeer): TrustedGenesis {
  const key = { suite, publicKey: fromHex(publicKey) ?? new Uint8Array(0) }
  return { ...key, id, peerId, fingerprint: fingerprint(key), addresses: addresses.flatMap(({ ip, port }) => NetAddress.from(ip, port) ?? []) }
}

/** The identity of a running node. */
export interface NodeIdentity {
  readonly signer: Signer
  readonly verifier: Verifier
  readonly pins: Pins
  readonly proofs: Proofs
}

/** The part that signs and judges: made before there is a network, since encrypters use it too. */
export type IdentityKeys = Pick<NodeIdentity, 'signer' | 'verifier' | 'pins'>

/** @throws OperationError `no-seed`, `no-backend`, `slow-signatures`, `invalid-option` */
export async function identityKeys ({ suites: accepted = SUITES, secret, pins = new Pins(), genesis, backends = {} }: IdentityOptions, privateKey: PrivateKey, nowSeconds: number): Promise<IdentityKeys> {
  const suites = await loadSuites(accepted, backends)
  const own = secret ?? derivedSecret(privateKey, accepted[0] ?? 'ml-dsa-65')
  for (const pin of genesis?.pins(nowSeconds) ?? []) {
    pins.learn(pin)
  }
  return { signer: createSigner({ identity: privateKey, secret: own, suites: await signingSuites(suites, own, backends) }), verifier: createVerifier({ suites, pins }), pins }
}

/** A node may sign in a suite that it does not accept from others, as after a rotation. */
async function signingSuites (accepted: Suites, { suite, previous }: DsaSecret, backends: SuiteBackends): Promise<Suites> {
  const missing = [...new Set([suite, previous?.suite ?? suite])].filter(name => !accepted.has(name))
  return missing.length === 0 ? accepted : new Map([...accepted, ...await loadSuites(missing, backends)])
}

/** The whole identity, once there is a network. @throws OperationError `invalid-option` */
export function nodeIdentity (keys: IdentityKeys, { pqAuth, registry, genesis, observer }: IdentitySetting, network: Network, networkId: string): NodeIdentity {
  const proofs = createProofs({
    network,
    networkId,
    pqAuth,
    signer: keys.signer,
    verifier: keys.verifier,
    ...(registry === undefined ? {} : { registry }),
    ...(genesis === undefined ? {} : { genesis }),
    ...(observer === undefined ? {} : { observer })
  })
  return { ...keys, proofs }
}
