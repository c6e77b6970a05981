import { extendProfile, type NetworkProfile, presets } from '@peerwright/chain-spec'

/** The protocol of the bare stream that a benchmark compares with. */
export const RAW_PROTOCOL = '/peerwright-bench/raw/1'

/** A profile on loopback. */
export function loopbackSpec (port: number): NetworkProfile {
  return extendProfile(presets['bitcoin-regtest'], {
    policy: { addressScope: 'loopback', limitLoopback: false, listen: [{ ip: '127.0.0.1', port }], slots: { minOutbound: 4, maxOutbound: 50, maxInbound: 75 } }
  })
}
