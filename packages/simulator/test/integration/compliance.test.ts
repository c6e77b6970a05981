import { networkSuite } from '@peerwright/testing'
import { World } from '../../src/index.ts'
import { settle } from '../../src/settle.ts'

describe('the virtual Network', () => {
  let world = new World({ seed: 1 })
  let pumping = false

  /** The suite awaits promises of the network: time has to pass meanwhile. */
  const pump = async (): Promise<void> => {
    while (pumping) {
      await world.run(10)
      await settle()
    }
  }
  beforeEach(() => {
    world = new World({ seed: 1 })
    pumping = true
    void pump()
  })
  afterEach(() => { pumping = false })

  networkSuite({
    createNode: async options => {
      const { network, address } = await world.node(options?.otherNetwork === true ? { session: { networkId: '22'.repeat(32) } } : {})
      return { network, address }
    },
    until: async condition => {
      while (!condition()) {
        await settle()
      }
    },
    teardown: async () => {
      await Promise.all(world.nodes.splice(0).map(async node => { await node.stop() }))
    }
  })
})
