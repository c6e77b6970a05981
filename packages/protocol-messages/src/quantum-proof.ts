import { ByteReader, ByteWriter } from '@peerwright/core'
import { HASH_BYTES } from './numbers.ts'
import { checkSizes, PROOF_SUITES, type ProofSuite, requireSuite } from './proof-suite.ts'

/** QuantumCoin's `QuantumProof`: somebody's signature over a block. Whether it is right is for who holds the keys. */
export interface QuantumProof {
  readonly suite: ProofSuite
  /** The block that is signed: 32 bytes in the order of the wire */
  readonly id: Uint8Array
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
}

/** Suite 1, id 32, and the key and signature in the sizes of the suite. */
export function encodeQuantumProof ({ suite, id, publicKey, signature }: QuantumProof): Uint8Array {
  checkSizes(suite, publicKey, signature)
  return new ByteWriter(1 + HASH_BYTES + publicKey.length + signature.length)
    .u8(PROOF_SUITES[suite].id).bytes(id).bytes(publicKey).bytes(signature).finish()
}

/** @throws PeerFault with the codes of `ByteReader`, `unknown-suite` */
export function decodeQuantumProof (payload: Uint8Array): QuantumProof {
  const reader = new ByteReader(payload)
  const suite = requireSuite(reader.u8())
  const { keyBytes, signatureBytes } = PROOF_SUITES[suite]
  const proof = { suite, id: reader.bytes(HASH_BYTES), publicKey: reader.bytes(keyBytes), signature: reader.bytes(signatureBytes) }
  reader.end()
  return proof
}
