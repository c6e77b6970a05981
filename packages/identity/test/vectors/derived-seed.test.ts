import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha512 } from '@noble/hashes/sha2.js'
import type { ProofSuite } from '@peerwright/protocol-messages'
import { deriveSeed, loadSuites } from '../../src/index.ts'

interface Vector {
  readonly identitySeed: string
  readonly suite: ProofSuite
  readonly epoch: number
  readonly xi: string
  readonly publicKeySha256: string
}

const VECTORS = JSON.parse(readFileSync(new URL('derived-seed.json', import.meta.url), 'utf8')) as readonly Vector[]
const SUITE_IDS: Readonly<Record<ProofSuite, number>> = { 'ml-dsa-44': 1, 'ml-dsa-65': 2, 'ml-dsa-87': 3 }

describe('vectors: the ML-DSA key of an Ed25519 identity', () => {
  it(`QN-21 + gives all ${VECTORS.length}, as @noble/hashes does`, async () => {
    const suites = await loadSuites()
    for (const { identitySeed, suite, epoch, xi, publicKeySha256 } of VECTORS) {
      const identity = await generateKeyPairFromSeed('Ed25519', Buffer.from(identitySeed, 'hex'))
      const seed = deriveSeed(identity, suite, epoch)
      assert.equal(Buffer.from(seed).toString('hex'), xi)
      const info = Buffer.alloc(24)
      info.write('peerwright/ml-dsa/1')
      info[19] = SUITE_IDS[suite]
      info.writeUInt32LE(epoch, 20)
      assert.equal(Buffer.from(hkdf(sha512, Buffer.from(identitySeed, 'hex'), new Uint8Array(0), info, 32)).toString('hex'), xi)
      assert.equal(createHash('sha256').update(suites.get(suite)!.fromSeed(seed).publicKey).digest('hex'), publicKeySha256)
    }
  })
})
