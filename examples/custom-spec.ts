/**
 * A network of your own from a chain spec in TOML, with the built-in chain store.
 *
 * Run: npx --no-install node --conditions=source examples/custom-spec.ts
 */
import { parseChainSpec, SpecError } from '@peerwright/chain-spec'
import { BITCOIN_REGTEST, openChainStore } from '@peerwright/chain-store'
import { createNode } from '@peerwright/node'

const port = Number(process.env['EXAMPLE_PORT'] ?? 17_021)

const spec = parseChainSpec(`
name = "consortium"
extends = "bitcoin-regtest"

[network]
id = "consortium"
magic = [0x43, 0x4f, 0x4e, 0x31]
maxBlockBytes = 1000000

[policy]
addressScope = "private"
listen = [{ ip = "127.0.0.1", port = ${port} }]
defaultPort = ${port}
udp = "forbidden"
resolvers = [{ transport = "tcp", ip = "127.0.0.1", port = 53 }]
`)

const chain = await openChainStore({ location: 'memory', params: { ...BITCOIN_REGTEST, magic: spec.network.magic } })
const node = await createNode({ spec, chain })
await node.start()
console.info(`${node.profile.name} listens on ${node.describePorts().map(claim => `${claim.bind} port ${claim.port ?? 0}`).join(', ')}`)
await node.stop()
await chain.close()

try {
  parseChainSpec('extends = "quantumcoin"\n[policy]\ndefaultPort = 70000')
} catch (error) {
  if (error instanceof SpecError) {
    console.info(error.issues[0]?.path, 'must be', error.issues[0]?.expected)
  }
}
