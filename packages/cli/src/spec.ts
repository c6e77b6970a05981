import { loadChainSpec } from '@peerwright/chain-spec'
import type { Output } from './output.ts'

/** `peerwright spec check`. @throws SpecError */
export async function checkSpec (file: string, output: Output): Promise<void> {
  const { name, network, networkId, policyId } = await loadChainSpec(file)
  output.result(
    { ok: true, name, genesis: network.genesis, networkId, policyId },
    [`${file} is a valid chain spec of ${name}`, `genesis    ${network.genesis}`, `network id ${networkId}`, `policy id  ${policyId}`].join('\n')
  )
}
