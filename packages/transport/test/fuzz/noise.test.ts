import assert from 'node:assert/strict'
import { PeerFault, type Random, seededRandom } from '@peerwright/core'
import { loadPostQuantum, type MlKem } from '@peerwright/crypto'
import { CipherState } from '../../src/noise/cipher-state.ts'
import { HandshakeState } from '../../src/noise/handshake-state.ts'
import { decodePayload, encodePayload } from '../../src/noise/payload.ts'
import { RecordReader } from '../../src/noise/record-reader.ts'
import { CLASSICAL, HYBRID } from '../../src/noise/suite.ts'
import { dhKeyPair } from '../../src/noise/x25519.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121)
const INPUTS = 10_000

const EMPTY = new Uint8Array()
const staticKey = dhKeyPair()
const ephemeral = dhKeyPair()

/** Cuts, lengthens or changes some bytes. */
function mutate (bytes: Uint8Array, random: Random): Uint8Array {
  const cut = bytes.slice(0, random.below(4) === 0 ? random.below(bytes.length + 1) : bytes.length)
  const out = random.below(4) === 0 ? Buffer.concat([cut, random.bytes(random.below(40))]) : cut
  for (let change = random.below(4); change > 0 && out.length > 0; change--) {
    out[random.below(out.length)] = random.below(256)
  }
  return out
}

/** Runs what may refuse; anything but a fault of the peer fails the test. */
function refusesOrTakes (run: () => void): void {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof PeerFault, error as Error)
  }
}

describe(`parsers of noise under hostile bytes, FUZZ_SEED=${SEED}`, () => {
  it('QC-08 - every handshake message is taken or refused as a fault of the peer', async () => {
    const random = seededRandom(SEED)
    const { kem } = await loadPostQuantum()
    const make = (initiator: boolean, hybrid: MlKem | undefined): HandshakeState =>
      new HandshakeState({ initiator, staticKey, ephemeral, ...hybrid === undefined ? { suite: CLASSICAL } : { suite: HYBRID, kem: hybrid } })
    const write = (state: HandshakeState, payload: Uint8Array = EMPTY): Uint8Array => {
      state.begin()
      return state.finish(payload)
    }
    let taken = 0
    for (let input = 0; input < INPUTS; input++) {
      const hybrid = input % 4 === 0 ? kem : undefined
      const [initiator, responder] = [make(true, hybrid), make(false, hybrid)]
      const first = write(initiator)
      refusesOrTakes(() => {
        if (input % 2 === 0) {
          responder.read(mutate(first, random))
          write(responder)
        } else {
          responder.read(first)
          initiator.read(mutate(write(responder, Buffer.from('payload')), random))
        }
        taken++
      })
    }
    assert.ok(taken > 0 && taken < INPUTS)
  })

  it('QC-08 - every payload is taken or refused as a fault of the peer', () => {
    const random = seededRandom(SEED)
    const good = encodePayload({ identityKey: random.bytes(36), identitySignature: random.bytes(64), streamMuxers: ['/yamux/1.0.0', '/mplex/6.7.0'], encrypters: ['/noise'], extensions: new Map([[1_802, random.bytes(9)]]) })
    for (let input = 0; input < INPUTS; input++) {
      refusesOrTakes(() => { decodePayload(input % 2 === 0 ? mutate(good, random) : random.bytes(random.below(80))) })
    }
  })

  it('QC-08 + records come out whole however the bytes are cut, and QC-08 - what was changed is refused', () => {
    const random = seededRandom(SEED)
    const key = random.bytes(32)
    let changed = 0
    for (let input = 0; input < INPUTS; input++) {
      const [send, reader] = [new CipherState(key), new RecordReader(new CipherState(key))]
      const plain = [random.bytes(random.below(60)), EMPTY, random.bytes(random.below(9))]
      const sealed = plain.map(bytes => send.encrypt(bytes))
      const wire = Buffer.concat(sealed.flatMap(record => [Uint8Array.of(record.length >> 8, record.length & 0xff), record]))
      const flip = input % 2 === 0 ? -1 : random.below(wire.length)
      if (flip >= 0) {
        wire[flip] = (wire[flip] ?? 0) ^ (1 + random.below(255))
      }
      const out: Uint8Array[] = []
      let refused = false
      refusesOrTakes(() => {
        refused = true
        for (let offset = 0; offset < wire.length;) {
          const length = 1 + random.below(30)
          reader.read(wire.subarray(offset, offset + length), out)
          offset += length
        }
        refused = reader.partial
      })
      assert.equal(refused, flip >= 0)
      // Whole records or nothing: no piece of one that was changed, however much of it had come
      const said = Buffer.concat(out)
      assert.ok([0, 1, 2, 3].some(records => Buffer.concat(plain.slice(0, records)).equals(said)))
      assert.ok(flip >= 0 || said.length === Buffer.concat(plain).length)
      changed += flip >= 0 ? 1 : 0
    }
    assert.equal(changed, INPUTS / 2)
  })

  it('QC-08 + the counter of nonces has 64 bits, and its last value is never used', () => {
    const key = new Uint8Array(32)
    const at = (nonce: bigint): CipherState => new CipherState(key, 'chacha20-poly1305', { nonce })
    const [low, high] = [at(0xffff_ffffn), at(0x1_0000_0000n)]
    low.encrypt(EMPTY)
    assert.deepEqual(low.encrypt(EMPTY), high.encrypt(EMPTY))
    const last = at(0xffff_ffff_ffff_fffen)
    last.encrypt(EMPTY)
    assert.throws(() => last.encrypt(EMPTY), { code: 'nonces-exhausted' })
  })
})
