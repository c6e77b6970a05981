import { OperationError, toReversedHex } from '@peerwright/core'
import { sha256d } from '@peerwright/protocol-messages'

/** The layout of the index that is written now. */
export const SCHEMA = 2

/** A record of the index to write. */
export interface Put {
  readonly type: 'put'
  readonly key: string
  readonly value: Uint8Array
}

/** What a migration may look at. */
export interface MigrationSource {
  /** The genesis header of the chain that the store is opened for */
  readonly genesisHeader: Uint8Array
  readonly get: (key: string) => Promise<Uint8Array | undefined>
}

/** From each schema to the next, the first from schema 1: what to write. Body files name their own schema (body-file.ts). */
const MIGRATIONS: ReadonlyArray<(source: MigrationSource) => Promise<Put[]>> = [
  // 2: `meta/genesis` holds the genesis header instead of its id, so that a repair knows the chain
  async ({ genesisHeader, get }) => {
    const id = new TextDecoder().decode(await get('meta/genesis'))
    if (id !== toReversedHex(sha256d(genesisHeader))) {
      throw new OperationError('wrong-network', 'the chain store is of another chain: choose another --data, or run "peerwright store reset --data DIR"')
    }
    return [put('meta/genesis', genesisHeader)]
  }
]

/** All that is to be written at once to bring an index from `schema` to the present one. */
export async function migrate (schema: number, source: MigrationSource): Promise<Put[]> {
  const steps: Put[] = []
  for (const migration of MIGRATIONS.slice(schema - 1)) {
    steps.push(...await migration(source))
  }
  return steps
}

/** A record to write. */
export function put (key: string, value: Uint8Array): Put {
  return { type: 'put', key, value }
}
