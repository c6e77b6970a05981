import assert from 'node:assert/strict'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { extendProfile, presets } from '@peerwright/chain-spec'
import { OperationError, PeerFault, toHex } from '@peerwright/core'
import { createSigner, createVerifier, decodeWithdrawal, derivedSecret, encodeWithdrawal, loadSuites, Pins, signWithdrawal } from '@peerwright/identity'
import { acceptWithdrawal, writeWithdrawal } from '@peerwright/node'
import { StickyMemory } from '@peerwright/transport'

const SEEN_MS = 1_800_000_000_000
const NOW_MS = SEEN_MS + 60_000
const suites = await loadSuites()

/** Whether it is refused for this reason. */
const refused = (reason: string) => (error: unknown): boolean =>
  error instanceof OperationError && error.code === 'withdrawal-refused' && error.cause instanceof PeerFault && error.cause.code === reason

describe('the word of a node that offers the hybrid no more', () => {
  const remembering = (key: PrivateKey): StickyMemory => new StickyMemory([[key.publicKey.toString(), SEEN_MS]])
  const classical = async (key: PrivateKey): Promise<Uint8Array> =>
    encodeWithdrawal(await signWithdrawal(key, { encrypters: ['/noise'], timeSeconds: NOW_MS / 1_000 }))
  const pinsOf = async (key: PrivateKey): Promise<Pins> => {
    const [pins, nowSeconds] = [new Pins(), NOW_MS / 1_000]
    const signer = createSigner({ identity: key, secret: derivedSecret(key, 'ml-dsa-65'), suites })
    await createVerifier({ suites, pins }).certify(key.publicKey.toString(), await signer.certificate(nowSeconds), nowSeconds)
    return pins
  }

  it('QC-09 + is signed by both its keys, and taken by who knows both, QC-09 - and not from the identity alone', async () => {
    const key = await generateKeyPair('Ed25519')
    const { statement, certified } = await writeWithdrawal(key, { nowMs: NOW_MS })
    assert.deepEqual([certified, decodeWithdrawal(statement).encrypters], [true, ['/noise']])
    const [memory, pins] = [remembering(key), await pinsOf(key)]
    const setting = { profile: presets.nano, memory, pins, nowMs: NOW_MS }
    await assert.rejects(acceptWithdrawal(await classical(key), setting), refused('not-certified'))
    assert.equal(memory.size, 1)
    assert.equal(await acceptWithdrawal(statement, setting), key.publicKey.toString())
    assert.equal(memory.size, 0)
    await assert.rejects(acceptWithdrawal(statement, setting), (error: unknown) => error instanceof OperationError && error.code === 'not-remembered')
  })

  it('QC-09 - needs the key of a genesis node that the profile names, though nothing else is known of it', async () => {
    const key = await generateKeyPair('Ed25519')
    const dsa = suites.get('ml-dsa-65')?.fromSeed(derivedSecret(key, 'ml-dsa-65').seed) ?? assert.fail()
    const profile = extendProfile(presets.nano, {
      policy: { genesisPeers: [{ id: '001', peerId: key.publicKey.toString(), suite: 'ml-dsa-65', publicKey: toHex(dsa.publicKey), addresses: [{ ip: '10.0.0.1', port: 1 }] }] }
    })
    const setting = { profile, memory: remembering(key), nowMs: NOW_MS }
    await assert.rejects(acceptWithdrawal(await classical(key), setting), refused('not-certified'))
    const { statement } = await writeWithdrawal(key, { nowMs: NOW_MS, identity: { suites: ['ml-dsa-65'] } })
    assert.equal(await acceptWithdrawal(statement, setting), key.publicKey.toString())
  })

  it('QC-09 + an identity that gives no ML-DSA key signs alone, and is believed where no other key is known', async () => {
    const key = await generateKeyPair('secp256k1')
    const { statement, certified } = await writeWithdrawal(key, { encrypters: ['/tls/1.0.0'], nowMs: NOW_MS })
    assert.equal(certified, false)
    assert.equal(await acceptWithdrawal(statement, { profile: presets.nano, memory: remembering(key), nowMs: NOW_MS }), key.publicKey.toString())
  })

  it('QC-09 - is not written with a hybrid in it, nor taken when it is old or broken', async () => {
    const key = await generateKeyPair('Ed25519')
    await assert.rejects(writeWithdrawal(key, { encrypters: ['/noise-mlkem768-hfs/0.2.0'], nowMs: NOW_MS }), (error: unknown) => error instanceof PeerFault && error.code === 'hybrid-offered')
    const setting = { profile: presets.nano, memory: remembering(key), nowMs: NOW_MS }
    const { statement } = await writeWithdrawal(key, { nowMs: SEEN_MS })
    await assert.rejects(acceptWithdrawal(statement, setting), refused('stale-withdrawal'))
    await assert.rejects(acceptWithdrawal(statement.subarray(1), setting), OperationError)
    assert.equal(setting.memory.size, 1)
  })
})
