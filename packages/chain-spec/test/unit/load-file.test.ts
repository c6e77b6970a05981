import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadChainSpec, MAX_SPEC_BYTES } from '../../src/index.ts'

describe('loadChainSpec', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerwright-spec-'))
    file = join(folder, 'chain_spec.toml')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('NA-03 + the file changes the port', async () => {
    await writeFile(file, '[node]\npeering_port = 17075\n')
    assert.deepEqual((await loadChainSpec(file)).policy.listen, [{ ip: '::', port: 17_075 }])
  })

  it('QC-31 + takes a file of exactly the largest size', async () => {
    const text = '[network_protocol]\n'
    await writeFile(file, text + '#'.repeat(MAX_SPEC_BYTES - text.length))
    assert.equal((await loadChainSpec(file)).name, 'quantumcoin')
  })

  it('QC-31 - refuses a file that is a byte too large', async () => {
    await writeFile(file, '#'.repeat(MAX_SPEC_BYTES + 1))
    await assert.rejects(loadChainSpec(file), { code: 'too-large' })
    // Bytes count, not characters
    await writeFile(file, `#${'\u00e9'.repeat(MAX_SPEC_BYTES / 2)}`)
    await assert.rejects(loadChainSpec(file), { code: 'too-large' })
  })

  it('QC-31 - refuses a file that is not there, a folder, and bytes that are not UTF-8', async () => {
    await assert.rejects(loadChainSpec(file), { code: 'unreadable', message: /ENOENT/ })
    await assert.rejects(loadChainSpec(folder), { code: 'unreadable' })
    await writeFile(file, Uint8Array.of(0xff, 0xfe, 0x00))
    await assert.rejects(loadChainSpec(file), { code: 'unreadable', message: /UTF-8/ })
  })

  it('names the file in what is wrong with it', async () => {
    await writeFile(file, '[network_protocol]\ndefault_port = 0\n')
    await assert.rejects(loadChainSpec(file), { code: 'invalid', message: /network_protocol\.default_port/ })
  })
})
