import type { AddressPin } from '@peerwright/transport'
import { targetOf } from './target.ts'
import { UsageError } from './usage-error.ts'

/** Reads `ADDR=PIN`. @throws UsageError */
export function pinFrom (text: string, defaultPort: number): AddressPin {
  const at = text.indexOf('=')
  if (at < 0) {
    throw new UsageError(`--pin needs ADDR=PEERID or ADDR=sha256/BASE64, not ${JSON.stringify(text.slice(0, 60))}`)
  }
  return { address: targetOf(text.slice(0, at), '--pin', defaultPort).address, pin: text.slice(at + 1) }
}
