import { hash } from 'node:crypto'

/** SHA-256, once. */
export function sha256 (bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** SHA-256 of SHA-256 in native code: two calls, which pay off for what is long. */
export function nativeSha256d (bytes: Uint8Array): Uint8Array {
  return hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer')
}
