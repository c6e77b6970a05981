/**
 * Makes the vectors of docs/specs/hybrid-noise.md: whole handshakes with the payloads of libp2p and ours, and the records after them.
 *
 * Run: npm run docs:noise-vectors
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { loadPostQuantum } from '@peerwright/crypto'
import { CipherState } from '../../src/noise/cipher-state.ts'
import { HandshakeState } from '../../src/noise/handshake-state.ts'
import { IdentityProof } from '../../src/noise/identity-proof.ts'
import { encodePayload } from '../../src/noise/payload.ts'
import { CLASSICAL, CLASSICAL_BLAKE2S, HYBRID, HYBRID_AES, type NoiseSuite } from '../../src/noise/suite.ts'
import { dhKeyPairFrom, fixedKem } from './fixed-keys.ts'

/** Where the vectors are kept. */
export const VECTORS_FILE: string = fileURLToPath(new URL('../../../../docs/specs/hybrid-noise-vectors.json', import.meta.url))

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte)

/** What is said after the handshake, in each direction; the last is as long as a record can be. */
const PLAINTEXTS = [new Uint8Array(), Buffer.from('peerwright'), fill(0x77, 65_519)]

const { kem } = await loadPostQuantum()

/** A long record by its hash, a short one as it is. */
const shown = (record: Uint8Array): string => record.length > 1_000 ? `sha256:${createHash('sha256').update(record).digest('hex')}` : hex(record)

async function handshakeVector (suite: NoiseSuite, base: number): Promise<object> {
  const keys = {
    initiatorIdentitySeed: fill(base), responderIdentitySeed: fill(base + 1), initiatorStatic: fill(base + 2), responderStatic: fill(base + 3),
    initiatorEphemeral: fill(base + 4), responderEphemeral: fill(base + 5), ...suite.hybrid ? { kemSeed: fill(base + 6, 64), encapsulationRandom: fill(base + 7) } : {}
  }
  const side = (initiator: boolean): HandshakeState => new HandshakeState({
    suite,
    initiator,
    staticKey: dhKeyPairFrom(initiator ? keys.initiatorStatic : keys.responderStatic),
    ephemeral: dhKeyPairFrom(initiator ? keys.initiatorEphemeral : keys.responderEphemeral),
    ...suite.hybrid ? { kem: fixedKem(kem, fill(base + 7)), kemKeys: kem.fromSeed(fill(base + 6, 64)) } : {}
  })
  const payload = async (initiator: boolean, transcript: Uint8Array): Promise<Uint8Array> => {
    const identity = await generateKeyPairFromSeed('Ed25519', initiator ? keys.initiatorIdentitySeed : keys.responderIdentitySeed)
    const staticKey = dhKeyPairFrom(initiator ? keys.initiatorStatic : keys.responderStatic).publicKey
    return encodePayload({
      ...await new IdentityProof(identity, staticKey).get(),
      streamMuxers: ['/yamux/1.0.0'],
      encrypters: [suite.protocol, '/tls/1.0.0'],
      extensions: new Map([[1_802, transcript]])
    })
  }
  const [initiator, responder] = [side(true), side(false)]
  const messages = []
  for (const [index, from, to] of [[0, initiator, responder], [1, responder, initiator], [2, initiator, responder]] as const) {
    from.begin()
    const said = index === 0 ? new Uint8Array() : await payload(index === 2, from.transcript)
    const message = from.finish(said)
    to.read(message)
    messages.push({ payload: hex(said), transcript: hex(from.transcript), message: hex(message) })
  }
  const [mine, theirs] = [initiator.split(), responder.split()]
  const records = (send: CipherState, receive: CipherState): string[] => PLAINTEXTS.map(plaintext => {
    const record = send.encrypt(plaintext)
    if (hex(receive.decrypt(record)) !== hex(plaintext)) {
      throw new Error('the other side reads something else')
    }
    return shown(record)
  })
  return {
    protocol: suite.protocol,
    name: suite.name,
    keys: Object.fromEntries(Object.entries(keys).map(([name, bytes]) => [name, hex(bytes)])),
    messages,
    handshakeHash: hex(mine.hash),
    recordsOfInitiator: records(mine.send, theirs.receive),
    recordsOfResponder: records(theirs.send, mine.receive)
  }
}

/** All vectors, as they stand in the file. */
export async function noiseVectors (): Promise<string> {
  const handshakes = await Promise.all([CLASSICAL, CLASSICAL_BLAKE2S, HYBRID, HYBRID_AES].map(async (suite, index) => await handshakeVector(suite, 0x10 * (index + 1))))
  const rekeying = new CipherState(fill(9), HYBRID_AES.cipher, { nonce: 2n ** 22n - 1n })
  const rekey = { cipher: HYBRID_AES.cipher, key: hex(fill(9)), plaintext: hex(fill(0)), nonces: [2 ** 22 - 1, 2 ** 22], records: [0, 1].map(() => hex(rekeying.encrypt(fill(0)))) }
  return `${JSON.stringify({
    about: 'Made by npm run docs:noise-vectors. All bytes in hexadecimal; records without their two bytes of length.',
    plaintexts: ['', hex(PLAINTEXTS[1] ?? fill(0)), '65519 times 77'],
    handshakes,
    rekey
  }, undefined, 1)}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(VECTORS_FILE, await noiseVectors())
}
