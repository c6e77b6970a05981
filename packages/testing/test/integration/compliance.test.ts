import { NetAddress, systemClock } from '@peerwright/core'
import { MemoryHub, type MemoryNetwork, networkSuite } from '@peerwright/testing'

describe('the in-memory Network', () => {
  let hub = new MemoryHub({ clock: systemClock })
  let nodes: MemoryNetwork[] = []
  networkSuite({
    createNode: async options => {
      const number = nodes.length + 1
      const address = NetAddress.from(`10.0.0.${number}`, 8333)
      const node = hub.node({
        address: address ?? (() => { throw new Error('no address') })(),
        peerId: `peer-${number}`,
        ...(options?.otherNetwork === true ? { networkId: 'other' } : {})
      })
      nodes.push(node)
      return { network: node, address: node.address }
    },
    until: async condition => {
      while (!condition()) {
        await new Promise<void>(resolve => { setImmediate(resolve) })
      }
    },
    teardown: async () => {
      for (const node of nodes) {
        hub.cut(node)
      }
      nodes = []
      hub = new MemoryHub({ clock: systemClock })
    }
  })
})
