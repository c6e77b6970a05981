import assert from 'node:assert/strict'
import type { Registration, Registry, RegistryChange } from '@peerwright/interface'
import { type RegistrationClaim, type RegistryRules, signMigration, signRegistration, signRevocation } from '../../src/index.ts'
import { isFault, isOperation, keyOf, NOW, peerOf, peerOfLongestId, type TestPeer } from './peers.ts'

/** The network of the tests. */
export const NETWORK_ID = 'a5'.repeat(32)

/** How the suite gets its registries. */
export interface RegistrySetup {
  createRegistry(rules?: RegistryRules): Promise<Registry>
  /** Resolves when what was asked for before holds */
  settle(): Promise<void>
}

/** What a peer says of itself. */
const claimOf = (activation: number, claim: Partial<RegistrationClaim> = {}): RegistrationClaim => ({
  activation: new Uint8Array(32).fill(activation), walletAddress: `wallet-${activation}`, nodeType: 'super', activatedSeconds: NOW, lastSeenSeconds: NOW, migrationCount: 0, ...claim
})

/** The registration of a peer. */
export async function registrationOf (peer: TestPeer, activation: number, claim: Partial<RegistrationClaim> = {}): Promise<Registration> {
  return await signRegistration(peer.signer, NETWORK_ID, claimOf(activation, claim), NOW)
}

/** What every `Registry` must do. Run inside a `describe`. */
export function registrySuite (setup: RegistrySetup): void {
  const registered = async (number: number, rules?: RegistryRules): Promise<{ registry: Registry, peer: TestPeer, registration: Registration }> => {
    const [registry, peer] = [await setup.createRegistry(rules), await peerOf(number)]
    const registration = await registrationOf(peer, number)
    await registry.register(registration)
    await setup.settle()
    return { registry, peer, registration }
  }

  it('QN-06 + registers a peer, and finds it with all that it said', async () => {
    const { registry, peer, registration } = await registered(1)
    const entry = await registry.lookup(peer.peerId)
    assert.deepEqual(entry?.registration, registration)
    assert.deepEqual([entry.peerId, entry.status, entry.epoch], [peer.peerId, 'active', 0])
    assert.equal(await registry.lookup((await peerOf(2)).peerId), undefined)
  })

  it('QN-06 + revokes with either key of the peer, for good', async () => {
    const { registry, peer } = await registered(1)
    const other = await peerOf(2)
    await registry.register(await registrationOf(other, 2))
    await setup.settle()
    await registry.revoke(await signRevocation(peer.signer, NETWORK_ID, { peerId: peer.peerId, timeSeconds: NOW, reason: 'key-stolen' }))
    await registry.revoke(await signRevocation(other.identity, NETWORK_ID, { peerId: other.peerId, timeSeconds: NOW, reason: 'retired' }))
    await setup.settle()
    assert.deepEqual([(await registry.lookup(peer.peerId))?.status, (await registry.lookup(other.peerId))?.status], ['revoked', 'revoked'])
    await assert.rejects(registry.register(await registrationOf(peer, 1, { lastSeenSeconds: NOW + 1 })), isOperation('revoked'))
    await assert.rejects(registry.register(await registrationOf(await peerOf(3), 1)), isOperation('activation-taken'))
  })

  it('QN-06 + a PeerId of ECDSA, which holds the whole key, is moved, found and revoked like any other', async () => {
    const { registry, peer } = await registered(1)
    const longest = await peerOfLongestId()
    assert.ok(longest.peerId.length > 200)
    const moved = await registrationOf(longest, 1, { migrationCount: 1 })
    await registry.register(moved, signMigration(peer.signer, NETWORK_ID, peer.peerId, moved))
    await setup.settle()
    assert.equal((await registry.lookup(longest.peerId))?.registration.migrationCount, 1)
    const device = await peerOf(2)
    const on = await registrationOf(device, 1, { migrationCount: 2 })
    await registry.register(on, signMigration(longest.signer, NETWORK_ID, longest.peerId, on))
    await setup.settle()
    assert.deepEqual([(await registry.lookup(longest.peerId))?.status, (await registry.lookup(device.peerId))?.status], ['migrated', 'active'])
    const other = await peerOfLongestId()
    await registry.register(await registrationOf(other, 2))
    await setup.settle()
    await registry.revoke(await signRevocation(other.identity, NETWORK_ID, { peerId: other.peerId, timeSeconds: NOW, reason: 'retired' }))
    await setup.settle()
    assert.equal((await registry.lookup(other.peerId))?.status, 'revoked')
  })

  it('QN-06 + moves an activation to another peer, which its holder has signed', async () => {
    const { registry, peer } = await registered(1)
    const device = await peerOf(2)
    const moved = await registrationOf(device, 1, { migrationCount: 1 })
    await registry.register(moved, signMigration(peer.signer, NETWORK_ID, peer.peerId, moved))
    await setup.settle()
    assert.equal((await registry.lookup(peer.peerId))?.status, 'migrated')
    assert.deepEqual([(await registry.lookup(device.peerId))?.status, (await registry.lookup(device.peerId))?.registration.migrationCount], ['active', 1])
  })

  it('QN-06 QN-21 + takes the next key of a peer from the key that is listed, and later news with the same', async () => {
    const { registry, peer } = await registered(1)
    const next = await peerOf(1, 'ml-dsa-87', 1, 'ml-dsa-65')
    await registry.register(await registrationOf(peer, 1, { lastSeenSeconds: NOW + 5 }))
    await setup.settle()
    await registry.register(await registrationOf(next, 1))
    await setup.settle()
    assert.deepEqual([(await registry.lookup(peer.peerId))?.epoch, (await registry.lookup(peer.peerId))?.status], [1, 'active'])
  })

  it('QN-06 - refuses a registration of another network, with a field changed, or signed by another key', async () => {
    const [registry, peer, other] = [await setup.createRegistry(), await peerOf(1), await peerOf(2)]
    const good = await registrationOf(peer, 1)
    const foreign = await signRegistration(peer.signer, 'a6'.repeat(32), claimOf(1), NOW)
    const wrong: Registration[] = [
      foreign,
      { ...good, activation: new Uint8Array(32).fill(2) },
      { ...good, walletAddress: 'thief' },
      { ...good, nodeType: 'light' },
      { ...good, activatedSeconds: 1 },
      { ...good, lastSeenSeconds: NOW + 1 },
      { ...good, migrationCount: 1 },
      { ...good, deviceSignature: (await registrationOf(other, 1)).deviceSignature },
      { ...good, certificate: await other.signer.certificate(NOW) }
    ]
    for (const registration of wrong) {
      await assert.rejects(registry.register(registration), isFault('bad-registration'))
    }
    await assert.rejects(registry.register({ ...good, walletAddress: 'w'.repeat(129) }), isFault('bad-name'))
    await assert.rejects(registry.register({ ...good, walletAddress: 'two words' }), isFault('bad-name'))
    await assert.rejects(registry.register({ ...good, activation: new Uint8Array(31) }), isFault('bad-record'))
    await assert.rejects(registry.register({ ...good, certificate: good.certificate.subarray(1) }), { name: 'PeerFault' })
    await setup.settle()
    assert.equal(await registry.lookup(peer.peerId), undefined)
  })

  it('QN-06 - refuses a taken activation, a repeated registration, and a key that the listed one has not signed', async () => {
    const { registry, peer, registration } = await registered(1)
    await assert.rejects(registry.register(await registrationOf(await peerOf(2), 1)), isOperation('activation-taken'))
    await assert.rejects(registry.register(registration), isOperation('already-registered'))
    const unvouched = await peerOf(1, 'ml-dsa-44')
    await assert.rejects(registry.register(await registrationOf(unvouched, 1)), isOperation('not-authorized'))
    const skipping = await peerOf(1, 'ml-dsa-65', 2)
    await assert.rejects(registry.register(await registrationOf(skipping, 1)), isOperation('not-authorized'))
    await setup.settle()
    assert.deepEqual((await registry.lookup(peer.peerId))?.registration, registration)
  })

  it('QN-06 - refuses a migration that the holder has not signed, or of what it does not have', async () => {
    const { registry, peer } = await registered(1)
    const device = await peerOf(2)
    const moved = await registrationOf(device, 1, { migrationCount: 1 })
    await assert.rejects(registry.register(moved, signMigration(device.signer, NETWORK_ID, peer.peerId, moved)), isFault('bad-migration'))
    const counted = await registrationOf(device, 1, { migrationCount: 2 })
    await assert.rejects(registry.register(counted, signMigration(peer.signer, NETWORK_ID, peer.peerId, counted)), isOperation('not-authorized'))
    const other = await registrationOf(device, 3, { migrationCount: 1 })
    await assert.rejects(registry.register(other, signMigration(peer.signer, NETWORK_ID, peer.peerId, other)), isOperation('not-authorized'))
    const unknown = await peerOf(4)
    await assert.rejects(registry.register(moved, signMigration(unknown.signer, NETWORK_ID, unknown.peerId, moved)), isOperation('not-registered'))
    await assert.rejects(registry.register(moved), isOperation('activation-taken'))
  })

  it('QN-06 - refuses a revocation of another hand, of another network, or of nobody', async () => {
    const { registry, peer } = await registered(1)
    const other = await peerOf(2)
    const claim = { peerId: peer.peerId, timeSeconds: NOW, reason: 'retired' } as const
    await assert.rejects(registry.revoke(await signRevocation(other.signer, NETWORK_ID, claim)), isFault('bad-revocation'))
    await assert.rejects(registry.revoke(await signRevocation(await keyOf(2), NETWORK_ID, claim)), isFault('bad-revocation'))
    await assert.rejects(registry.revoke(await signRevocation(peer.signer, 'a6'.repeat(32), claim)), isFault('bad-revocation'))
    const good = await signRevocation(peer.signer, NETWORK_ID, claim)
    await assert.rejects(registry.revoke({ ...good, reason: 'key-lost' }), isFault('bad-revocation'))
    await assert.rejects(registry.revoke({ ...good, signedBy: 'identity' }), isFault('bad-revocation'))
    await assert.rejects(registry.revoke({ ...good, peerId: other.peerId }), isOperation('not-registered'))
    await registry.revoke(good)
    await setup.settle()
    await assert.rejects(registry.revoke(good), isOperation('revoked'))
  })

  it('QN-06 - lets in whom the embedder lets in, and no more than it holds', async () => {
    const registry = await setup.createRegistry({ limit: 2, authorize: (_, { activation }) => activation[0] !== 9 })
    await assert.rejects(registry.register(await registrationOf(await peerOf(9), 9)), isOperation('not-authorized'))
    for (const number of [1, 2]) {
      await registry.register(await registrationOf(await peerOf(number), number))
      await setup.settle()
    }
    await assert.rejects(registry.register(await registrationOf(await peerOf(3), 3)), isOperation('registry-full'))
  })

  it('QN-06 + tells of every change, until nobody listens', async () => {
    const [registry, peer, device] = [await setup.createRegistry(), await peerOf(1), await peerOf(2)]
    const heard: RegistryChange[] = []
    const unwatch = registry.watch(change => { heard.push(change) })
    await registry.register(await registrationOf(peer, 1))
    await setup.settle()
    const moved = await registrationOf(device, 1, { migrationCount: 1 })
    await registry.register(moved, signMigration(peer.signer, NETWORK_ID, peer.peerId, moved))
    await setup.settle()
    unwatch()
    await registry.revoke(await signRevocation(device.signer, NETWORK_ID, { peerId: device.peerId, timeSeconds: NOW, reason: 'retired' }))
    await setup.settle()
    assert.deepEqual(heard.map(({ type, peerId, entry }) => [type, peerId, entry?.status]), [
      ['registered', peer.peerId, 'active'], ['migrated', peer.peerId, 'migrated'], ['migrated', device.peerId, 'active']
    ])
  })
}
