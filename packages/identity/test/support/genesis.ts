import { NetAddress } from '@peerwright/core'
import type { DsaPublicKey, GenesisRecord } from '../../src/index.ts'
import { decodeCertificate, signGenesisCertificate } from '../../src/index.ts'
import { ALL_SUITES, NOW, peerOf, type TestPeer } from './peers.ts'
import { NETWORK_ID } from './registry-suite.ts'

/** The key that signs for genesis nodes in the tests. */
export const ROOT_KEY = ALL_SUITES.get('ml-dsa-65')!.fromSeed(new Uint8Array(32).fill(99))
export const ROOT: DsaPublicKey = { suite: 'ml-dsa-65', publicKey: ROOT_KEY.publicKey }

/** An address of the tests. */
export const at = (text: string): NetAddress => NetAddress.parse(text)!

/** The record of a peer as genesis node `001`, at 10.0.0.1:9876. */
export async function genesisRecordOf (peer: TestPeer, fields: Partial<GenesisRecord> = {}): Promise<GenesisRecord> {
  const { suite, publicKey } = decodeCertificate(await peer.signer.certificate(NOW))
  return { id: '001', peerId: peer.peerId, suite, publicKey: new Uint8Array(publicKey), addresses: [at('10.0.0.1:9876')], ...fields }
}

/** Its certificate, as it stands in the environment. */
export async function genesisTextOf (number: number, fields: Partial<GenesisRecord> = {}, networkId: string = NETWORK_ID, root = ROOT_KEY, fromSeconds: number = NOW): Promise<string> {
  const record = await genesisRecordOf(await peerOf(number), fields)
  const validity = { notBeforeSeconds: fromSeconds, notAfterSeconds: fromSeconds + 1_000 }
  return Buffer.from(signGenesisCertificate(root, 'ml-dsa-65', networkId, record, validity)).toString('base64url')
}
