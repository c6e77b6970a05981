import { PeerFault } from '@peerwright/core'
import { checkCommitments, type CommitmentRules, type CommitmentVerdict, decodeBlock } from '@peerwright/protocol-messages'

const FAULTS: Readonly<Record<Exclude<CommitmentVerdict, 'valid'>, string>> = {
  'merkle-mismatch': 'its transactions are not those of its Merkle root',
  'no-coinbase': 'its first transaction is no coinbase',
  mutated: 'its transactions are doubled to hide behind the same Merkle root',
  'witness-mismatch': 'its witnesses are not those that its coinbase commits to',
  'witness-unexpected': 'it has witnesses that nothing commits to'
}

/**
 * What is wrong with the body of a block: its form, its size, its Merkle root, its witness commitment.
 *
 * @returns undefined when nothing is
 */
export function bodyFault (bytes: Uint8Array, maxBlockBytes: number, rules: CommitmentRules): string | undefined {
  if (bytes.length > maxBlockBytes) {
    return `it has ${bytes.length} bytes, more than the ${maxBlockBytes} of the network`
  }
  try {
    const verdict = checkCommitments(decodeBlock(bytes), rules)
    return verdict === 'valid' ? undefined : FAULTS[verdict]
  } catch (error) {
    if (error instanceof PeerFault) {
      return error.message
    }
    throw error
  }
}
