import { OperationError } from '@peerwright/core'
import { GENESIS_IDS, MAX_GENESIS_CERTIFICATE_BYTES } from './genesis-certificate.ts'

/** What the environment says of genesis nodes: nothing of it is believed yet. */
export interface GenesisEnvironment {
  /** The bootstrap id that this node claims */
  readonly bootstrapId?: string
  /** Certificates by bootstrap id */
  readonly certificates: ReadonlyMap<string, Uint8Array>
}

const CERTIFICATE = 'QNET_GENESIS_CERT_'
const BOOTSTRAP_ID = 'QNET_BOOTSTRAP_ID'

/** How certificates began that anybody could make: a hash of public data (spec 3.3). */
const OLD_FORMAT = 'genesis_cert_'

/** Base64 has 4 letters for 3 bytes. */
const MAX_TEXT_LENGTH: number = Math.ceil(MAX_GENESIS_CERTIFICATE_BYTES / 3) * 4

/**
 * Reads `QNET_GENESIS_CERT_<id>` (base64url) and `QNET_BOOTSTRAP_ID`. What they hold shows in no error.
 *
 * @param variables - such as `process.env`
 * @throws OperationError `bad-genesis-variable`, `old-genesis-format`; each names the variable
 */
export function readGenesisEnvironment (variables: Readonly<Record<string, string | undefined>>): GenesisEnvironment {
  const certificates = new Map<string, Uint8Array>()
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith(CERTIFICATE) && value !== undefined && value !== '') {
      const id = name.slice(CERTIFICATE.length)
      if (!GENESIS_IDS.includes(id)) {
        throw new OperationError('bad-genesis-variable', `${CERTIFICATE}<id> is for ${GENESIS_IDS.join(', ')} only: unset the others`)
      }
      certificates.set(id, certificateOf(name, value))
    }
  }
  const bootstrapId = variables[BOOTSTRAP_ID]
  if (bootstrapId === undefined || bootstrapId === '') {
    return { certificates }
  }
  if (!GENESIS_IDS.includes(bootstrapId)) {
    throw new OperationError('bad-genesis-variable', `${BOOTSTRAP_ID} must be one of ${GENESIS_IDS.join(', ')}`)
  }
  return { bootstrapId, certificates }
}

function certificateOf (name: string, value: string): Uint8Array {
  if (value.startsWith(OLD_FORMAT)) {
    throw new OperationError('old-genesis-format', `${name} holds a certificate of the old kind, which anybody can make: ask the holder of the network's root for a signed one`)
  }
  if (value.length > MAX_TEXT_LENGTH || !/^[\w-]+$/.test(value)) {
    throw new OperationError('bad-genesis-variable', `${name} must hold base64url of at most ${MAX_TEXT_LENGTH} letters`)
  }
  const bytes = new Uint8Array(Buffer.from(value, 'base64url'))
  if (Buffer.from(bytes).toString('base64url') !== value) {
    throw new OperationError('bad-genesis-variable', `${name} must hold base64url in its one right form`)
  }
  return bytes
}
