import { extendProfile, type NetworkProfile, type ProfilePatch } from '@peerwright/chain-spec'
import { OperationError } from '@peerwright/core'
import { profileOf } from '../chain-params.ts'

/** What a seed process is told, as JSON. */
export interface SeedSetting {
  /** A preset or a chain spec */
  readonly spec: string
  readonly patch: ProfilePatch
  /** Header of the genesis block, in hexadecimal */
  readonly genesisHeader: string
  /** The file with its chain */
  readonly blocks: string
  /** Where it listens and from where it dials */
  readonly ip: string
}

/** What a seed process says when it is ready. */
export interface SeedReady {
  readonly height: number
  readonly tip: string
  readonly peerId: string
}

/** The profile that the processes of a demonstration share, but for where each listens. */
export async function demoProfile (spec: string, patch: ProfilePatch, listen: { readonly ip: string, readonly port: number }): Promise<NetworkProfile> {
  return extendProfile(extendProfile(await profileOf(spec), patch), { policy: { listen: [listen] } })
}

/** @throws OperationError when a message of a seed process is none */
export function seedReady (message: unknown): SeedReady {
  const { height, tip, peerId, error } = message as Partial<SeedReady> & { error?: unknown }
  if (typeof height !== 'number' || typeof tip !== 'string' || typeof peerId !== 'string') {
    throw new OperationError('seed-failed', `a seed node could not start: ${typeof error === 'string' ? error : 'no reason given'}`)
  }
  return { height, tip, peerId }
}
