import { completeProfile, extendProfile, type NetworkProfile, presets, type ProfilePatch } from '@peerwright/chain-spec'

/** A preset that most scenarios are about, its genesis filled in: nothing here looks at blocks. */
export function quantumcoin (policy: ProfilePatch['policy'] = {}): NetworkProfile {
  return completeProfile(extendProfile(presets.quantumcoin, { policy: { seeds: [], ...policy } }), { genesis: '00'.repeat(32) })
}
