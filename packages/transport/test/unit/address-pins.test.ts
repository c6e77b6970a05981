import assert from 'node:assert/strict'
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromCID, peerIdFromPublicKey } from '@libp2p/peer-id'
import { NetAddress, OperationError } from '@peerwright/core'
import { type AddressPin, AddressPins, spkiPin, WrongIdentityError } from '../../src/index.ts'

const at = (host: number, port: number = 8_333): NetAddress => NetAddress.from(`10.0.0.${host}`, port) ?? assert.fail()
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The same key as another library has it, and its pin as everybody makes it. */
function pinOf (key: KeyObject): string {
  return `sha256/${createHash('sha256').update(key.export({ format: 'der', type: 'spki' })).digest('base64')}`
}

/** A key of each kind, and Node's own reading of it. */
async function keys (): Promise<ReadonlyArray<readonly [name: string, key: PrivateKey, other: KeyObject]>> {
  const [ed25519, rsa, secp256k1] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('RSA', 2_048), generateKeyPair('secp256k1')])
  // The prefix of a compressed point, as OpenSSL reads it
  const compressed = Buffer.concat([Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex'), secp256k1.publicKey.raw])
  const { x, y } = createPublicKey({ key: compressed, format: 'der', type: 'spki' }).export({ format: 'jwk' })
  return [
    ['Ed25519', ed25519, createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: base64url(ed25519.publicKey.raw) } })],
    ['RSA', rsa, createPublicKey({ key: Buffer.from(rsa.publicKey.raw), format: 'der', type: 'spki' })],
    ['secp256k1', secp256k1, createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'secp256k1', x: x!, y: y! } })]
  ]
}

describe('pins of addresses', () => {
  it('QC-11 + the pin of a key of any kind is SHA-256 of its SubjectPublicKeyInfo, QC-11 - and no other key has it', async () => {
    const all = await keys()
    for (const [name, key, other] of all) {
      assert.equal(spkiPin(key.publicKey), pinOf(other), name)
      const pins = new AddressPins([{ address: at(1), pin: spkiPin(key.publicKey) }])
      for (const [, answering] of all) {
        const check = (): void => { pins.check(at(1), peerIdFromPublicKey(answering.publicKey)) }
        if (answering === key) {
          check()
        } else {
          assert.throws(check, WrongIdentityError, name)
        }
      }
    }
    const { publicKey } = await generateKeyPair('ECDSA', 'P-256')
    assert.throws(() => spkiPin(publicKey), (error: unknown) => error instanceof OperationError && error.code === 'invalid-option')
  })

  it('QC-11 + one of several pins of an address is enough, and an address without any takes whoever answers', async () => {
    const [one, two, three] = (await Promise.all([1, 2, 3].map(async () => await generateKeyPair('Ed25519')))).map(({ publicKey }) => peerIdFromPublicKey(publicKey))
    const pins = new AddressPins([{ address: at(1), pin: one!.toString() }, { address: at(1), pin: spkiPin(two!.publicKey) }])
    pins.check(at(1), one!)
    pins.check(at(1), two!)
    pins.check(at(1, 8_334), three!)
    pins.check(at(2), three!)
    assert.throws(() => { pins.check(at(1), three!) }, (error: unknown) => error instanceof WrongIdentityError && error.code === 'wrong-identity' && error.address.equals(at(1)))
  })

  it('QC-11 - an identity that is only the hash of its key is not taken for a pinned key, QC-11 + and is for its PeerId', async () => {
    const { publicKey } = await generateKeyPair('RSA', 2_048)
    const hashed = peerIdFromCID(publicKey.toCID())
    assert.equal(hashed.publicKey, undefined)
    assert.throws(() => { new AddressPins([{ address: at(1), pin: spkiPin(publicKey) }]).check(at(1), hashed) }, WrongIdentityError)
    new AddressPins([{ address: at(1), pin: publicKey.toString() }]).check(at(1), hashed)
  })

  it('QC-11 - what is no pin, and more of them than a list holds, is refused', () => {
    const good = `sha256/${Buffer.alloc(32).toString('base64')}`
    const make = (pins: readonly AddressPin[]) => () => new AddressPins(pins)
    make([{ address: at(1), pin: good }])()
    for (const pin of ['', 'sha256/', good.slice(0, -1), `${good}=`, `sha256//${good.slice(7)}`, 'sha1/AAAA', 'not a peer']) {
      assert.throws(make([{ address: at(1), pin }]), (error: unknown) => error instanceof OperationError && error.code === 'invalid-option')
    }
    assert.throws(make(Array.from({ length: 1_025 }, () => ({ address: at(1), pin: good }))), OperationError)
  })
})
