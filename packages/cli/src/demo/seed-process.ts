/** A seed node of a demonstration, in a process of its own: imports its chain, serves it, and ends with its parent. */
import process from 'node:process'
import { importBlocks, openChainStore } from '@peerwright/chain-store'
import { fromHex } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { chainParamsOf } from '../chain-params.ts'
import { demoProfile, type SeedSetting } from './seed-setting.ts'

async function serve (setting: SeedSetting): Promise<void> {
  const port = setting.patch.policy?.defaultPort ?? 0
  const profile = await demoProfile(setting.spec, setting.patch, { ip: setting.ip, port })
  const params = { ...await chainParamsOf(profile), genesisHeader: fromHex(setting.genesisHeader) ?? new Uint8Array(0) }
  const chain = await openChainStore({ location: 'memory', params })
  await importBlocks({ chain, path: setting.blocks, magic: params.magic, maxBlockBytes: params.maxBlockBytes })
  const node = await createNode({ spec: profile, chain, dialFrom: setting.ip })
  await node.start()
  const stop = async (): Promise<void> => {
    await node.stop()
    await chain.close()
    process.disconnect()
  }
  // The parent asks by a message, or is gone
  process.once('message', () => { void stop() })
  process.once('disconnect', () => { process.exit(0) })
  const { height, id } = chain.tip()
  process.send?.({ height, tip: id, peerId: node.network.localPeer })
}

// An interrupt at the terminal goes to the whole group: the parent says when it is time to end
process.on('SIGINT', () => {})
process.once('message', message => {
  serve(message as SeedSetting).catch((error: unknown) => {
    process.send?.({ error: error instanceof Error ? error.message : String(error) }, () => { process.exit(1) })
  })
})
