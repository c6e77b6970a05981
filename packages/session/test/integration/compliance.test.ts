import { networkSuite } from '@peerwright/testing'
import { createNode, type TestNode, until } from '../support/node.ts'

describe('the libp2p Network', () => {
  const nodes: TestNode[] = []
  networkSuite({
    createNode: async options => {
      const node = await createNode(options?.otherNetwork === true ? { networkId: '22'.repeat(32) } : {})
      nodes.push(node)
      return node
    },
    until,
    teardown: async () => {
      await Promise.all(nodes.splice(0).map(async ({ libp2p }) => { await libp2p.stop() }))
    }
  })
})
