/**
 * What it costs to know a peer, against the figures of QNet's description (QN-19): verification under 1 ms, a certificate under 5 ms, a look-up in the
 * registry under 10 ms. Median and 95th percentile of single calls, for each suite on each backend that is here.
 *
 * Run: npm run bench:identity [-- --calls 300]
 */
import { parseArgs } from 'node:util'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { systemRandom } from '@peerwright/core'
import type { Backend } from '@peerwright/crypto'
import {
  checkCertificate, createSigner, createVerifier, decodeCertificate, derivedSecret, Ledger, loadSuites, Pins, signRegistration, SUITES, type Suites
} from '@peerwright/identity'
import type { ProofSuite } from '@peerwright/protocol-messages'

const { values } = parseArgs({ options: { calls: { type: 'string' } } })
const CALLS = Number(values.calls ?? 300)
const PEERS = 200
const NOW = 1_800_000_000
const NETWORK_ID = '5a'.repeat(32)

/** Times one call after the other and says whether the middle one is in time. */
async function report (name: string, limitMs: number, call: (index: number) => unknown): Promise<void> {
  const times: number[] = []
  for (let index = -20; index < CALLS; index++) {
    const startMs = performance.now()
    await call(Math.max(0, index))
    if (index >= 0) {
      times.push(performance.now() - startMs)
    }
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0
  console.log(`${name.padEnd(52)}${at(0.5).toFixed(3).padStart(9)}${at(0.95).toFixed(3).padStart(9)}   ${limitMs} ${at(0.5) < limitMs ? 'holds' : 'FALLS SHORT'}`)
}

async function suiteOf (suite: ProofSuite, backend: Backend): Promise<Suites | undefined> {
  return await loadSuites([suite], { signatures: [backend], allowSlowSignatures: true }).catch(() => undefined)
}

console.log(`Node ${process.versions.node}, ${CALLS} calls each; milliseconds`)
console.log(`${''.padEnd(52)}${'median'.padStart(9)}${'p95'.padStart(9)}   asked`)
const identity = await generateKeyPairFromSeed('Ed25519', systemRandom.bytes(32))
const peerId = identity.publicKey.toString()
for (const suite of SUITES.toSorted()) {
  for (const backend of ['wasm', 'native', 'portable'] as const) {
    const suites = await suiteOf(suite, backend)
    const dsa = suites?.get(suite)
    if (suites === undefined || dsa === undefined) {
      continue
    }
    const key = dsa.fromSeed(systemRandom.bytes(32))
    const texts = Array.from({ length: 20 }, () => systemRandom.bytes(300))
    const signatures = texts.map(text => key.sign(text))
    await report(`verify ${suite}, ${backend}`, 1, index => dsa.verify(key.publicKey, texts[index % 20]!, signatures[index % 20]!))
    const signer = createSigner({ identity, secret: derivedSecret(identity, suite, 1), suites })
    const bytes = await signer.certificate(NOW)
    await report(`certificate of a rotated key, ${suite}, ${backend}`, 5, async () => await checkCertificate(decodeCertificate(bytes), { peerId, nowSeconds: NOW, suites }))
    const verifier = createVerifier({ suites, pins: new Pins() })
    await report(`the same, seen before, ${suite}, ${backend}`, 5, async () => await verifier.certify(peerId, bytes, NOW))
  }
}

const suites = await loadSuites()
const ledger = new Ledger({ networkId: NETWORK_ID, suites, nowSeconds: () => NOW })
const peers: string[] = []
for (let number = 0; number < PEERS; number++) {
  const peer = await generateKeyPairFromSeed('Ed25519', systemRandom.bytes(32))
  const signer = createSigner({ identity: peer, secret: derivedSecret(peer, 'ml-dsa-65'), suites })
  const claim = { activation: systemRandom.bytes(32), walletAddress: 'wallet', nodeType: 'super', activatedSeconds: NOW, lastSeenSeconds: NOW, migrationCount: 0 } as const
  await ledger.register(await signRegistration(signer, NETWORK_ID, claim, NOW))
  peers.push(peer.publicKey.toString())
}
await report(`look-up among ${PEERS} in the ledger`, 10, async index => await ledger.lookup(peers[index % PEERS]!))
