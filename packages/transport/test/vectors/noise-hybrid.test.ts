import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { loadPostQuantum } from '@peerwright/crypto'
import { needs } from '@peerwright/testing'
import { CipherState } from '../../src/noise/cipher-state.ts'
import { type HandshakeInit, HandshakeState } from '../../src/noise/handshake-state.ts'
import { HYBRID } from '../../src/noise/suite.ts'
import { dhKeyPairFrom, fixedKem } from '../support/fixed-keys.ts'

/** Published values; they lie beside the project and not in it. */
const FILE = new URL('../../../../../shared/data/noise-xxhfs/vectors.json', import.meta.url)

interface Vector {
  readonly base: string
  readonly handshakeHash: string
  readonly cs1: string
  readonly cs2: string
}

const EMPTY = new Uint8Array()
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? EMPTY).toString('hex')

describe('the published vectors of Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256', () => {
  it('QC-09 + both roles come to the published hash and keys', async function () {
    needs(this, existsSync(FILE), 'no vectors of the hybrid Noise: shared/data is not beside the repository')
    const { vectors } = JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] }
    const { kem } = await loadPostQuantum()
    for (const { base, handshakeHash, cs1, cs2 } of vectors) {
      const bytes = (offset: number, length = 32): Uint8Array => new Uint8Array(length).fill(Number(base) + offset)
      // The vectors fix what the responder draws for the ciphertext
      const fixed = fixedKem(kem, bytes(6))
      const keys = (staticKey: number, ephemeral: number): Pick<HandshakeInit, 'staticKey' | 'ephemeral'> =>
        ({ staticKey: dhKeyPairFrom(bytes(staticKey)), ephemeral: dhKeyPairFrom(bytes(ephemeral)) })
      const initiator = new HandshakeState({ suite: HYBRID, initiator: true, ...keys(1, 3), kem, kemKeys: kem.fromSeed(bytes(5, 64)) })
      const responder = new HandshakeState({ suite: HYBRID, initiator: false, ...keys(2, 4), kem: fixed })
      const sizes = []
      for (const [from, to] of [[initiator, responder], [responder, initiator], [initiator, responder]] as const) {
        from.begin()
        const message = from.finish(EMPTY)
        sizes.push(message.length)
        to.read(message)
      }
      assert.deepEqual(sizes, [1216, 1200, 64])
      const [mine, theirs] = [initiator.split(), responder.split()]
      assert.deepEqual([hex(mine.hash), hex(theirs.hash)], [handshakeHash, handshakeHash])
      // The keys stay inside: what they encrypt shows which they are
      const sealed = (key: string): string => hex(new CipherState(Buffer.from(key, 'hex')).encrypt(EMPTY))
      assert.deepEqual([hex(mine.send.encrypt(EMPTY)), hex(theirs.send.encrypt(EMPTY))], [sealed(cs1), sealed(cs2)])
      assert.deepEqual([hex(mine.receive.encrypt(EMPTY)), hex(theirs.receive.encrypt(EMPTY))], [sealed(cs2), sealed(cs1)])
    }
    assert.equal(vectors.length, 5)
  })
})
