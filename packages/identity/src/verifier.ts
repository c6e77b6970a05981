import { createHash } from 'node:crypto'
import { BoundedMap } from '@peerwright/core'
import type { CertifiedPeer, PeerIdText, Verifier } from '@peerwright/interface'
import { type ProofSuite } from '@peerwright/protocol-messages'
import { checkCertificate, checkTime } from './certificate-check.ts'
import { decodeCertificate } from './certificate.ts'
import { MAX_CHECKED_CERTIFICATES } from './constants.ts'
import type { Pins } from './pins.ts'
import type { Suites } from './suites.ts'

/** What certificates are judged by. */
export interface VerifierInit {
  /** The suites that are accepted */
  readonly suites: Suites
  /** What is known of the keys of peers; it learns from every certificate that is good */
  readonly pins: Pins
}

/**
 * Judges certificates and signatures of peers. Signatures of a certificate are checked once; its time and the pins each time.
 */
export function createVerifier ({ suites, pins }: VerifierInit): Verifier & { readonly suites: readonly ProofSuite[] } {
  const checked = new BoundedMap<string, CertifiedPeer>(MAX_CHECKED_CERTIFICATES)
  const certified = async (peerId: PeerIdText, bytes: Uint8Array, nowSeconds: number): Promise<CertifiedPeer> => {
    const certificate = decodeCertificate(bytes)
    const key = createHash('sha256').update(peerId).update('\n').update(bytes).digest('hex')
    const known = checked.touch(key)
    if (known !== undefined) {
      checkTime(certificate, nowSeconds)
      return known
    }
    const peer = await checkCertificate(certificate, { peerId, nowSeconds, suites })
    checked.set(key, peer)
    return peer
  }
  return {
    suites: [...suites.keys()],
    certify: async (peerId, bytes, nowSeconds, remember = true) => {
      const peer = await certified(peerId, bytes, nowSeconds)
      pins.check(peer, remember)
      return peer
    },
    verify: ({ suite, publicKey }, text, signature) => suites.get(suite as ProofSuite)?.verify(publicKey, text, signature) === true
  }
}
