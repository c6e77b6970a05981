import type { Certificate } from '../../src/index.ts'

/** A certificate in which everything is as large as it may be. */
export function largestCertificate (): Certificate {
  const key = { suite: 'ml-dsa-87', publicKey: new Uint8Array(2_592) } as const
  return {
    ...key,
    epoch: 1,
    notBeforeSeconds: 1,
    notAfterSeconds: 2,
    identityKey: new Uint8Array(600),
    previous: { ...key, publicKey: new Uint8Array(2_592).fill(1) },
    identitySignature: new Uint8Array(512),
    keySignature: new Uint8Array(4_627),
    previousSignature: new Uint8Array(4_627)
  }
}
