import type { NetAddress } from '@peerwright/core'

const keys = new WeakMap<NetAddress, string>()

/**
 * The text of an address as a key, written out once for each address: every step of dialling looks at every candidate, and a
 * thousand of them that never answer would keep a core busy with text.
 */
export function addressKey (address: NetAddress): string {
  let key = keys.get(address)
  if (key === undefined) {
    key = address.toString()
    keys.set(address, key)
  }
  return key
}
