import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import { needs } from '@peerwright/testing'
import { FileBodies } from '../../src/bodies.ts'
import { bodyFile, encodeFileHead, FILE_HEAD_BYTES } from '../../src/body-file.ts'
import type { BodyPosition } from '../../src/header-tree.ts'

const CHAIN = { magic: [1, 2, 3, 4], genesisHeader: new Uint8Array(80).fill(9) }

describe('body files', () => {
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-bodies-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('say of which chain they are, and hold magic, length, block and CRC-32', async () => {
    const files = await FileBodies.open(folder, CHAIN, new Map())
    // The check value of CRC-32: that of the nine digits
    const [position] = await files.append([new TextEncoder().encode('123456789')])
    await files.close()
    assert.deepEqual(position, { file: 0, offset: 108, sizeBytes: 9 })
    const bytes = await readFile(bodyFile(folder, 0))
    assert.deepEqual(Uint8Array.from(bytes.subarray(0, FILE_HEAD_BYTES)), encodeFileHead(CHAIN))
    assert.equal(bytes.subarray(0, 16).toString('latin1'), 'PWBLOCKS\u0002\0\0\0\u0001\u0002\u0003\u0004')
    assert.equal(bytes.subarray(FILE_HEAD_BYTES).toString('hex'), '01020304' + '09000000' + '313233343536373839' + '2639f4cb')
  })

  it('of another chain, of a newer schema, or with a damaged head are refused', async () => {
    const files = await FileBodies.open(folder, CHAIN, new Map())
    await files.append([new Uint8Array(10)])
    await files.close()
    const open = async (chain: typeof CHAIN): Promise<FileBodies> => await FileBodies.open(folder, chain, new Map([[0, 122]]))
    const refused = (code: string) => (error: unknown): boolean => error instanceof OperationError && error.code === code && error.message.includes('blk00000.dat')
    await assert.rejects(open({ ...CHAIN, magic: [1, 2, 3, 5] }), refused('wrong-network'))
    await assert.rejects(open({ ...CHAIN, genesisHeader: new Uint8Array(80) }), refused('wrong-network'))
    const path = bodyFile(folder, 0)
    const whole = await readFile(path)
    await writeFile(path, whole.with(50, 1))
    await assert.rejects(open(CHAIN), refused('store-corrupt'))
    await writeFile(path, whole.with(8, 3))
    await assert.rejects(open(CHAIN), refused('future-schema'))
  })

  it('keep their order after a full disk: what was written in part is taken back', async function () {
    needs(this, existsSync('/dev/full'), 'no /dev/full')
    const files = await FileBodies.open(folder, CHAIN, new Map())
    await symlink('/dev/full', bodyFile(folder, 0))
    await assert.rejects(files.append([new Uint8Array(1_000)]), error => error instanceof OperationError && error.code === 'disk-full')
    await rm(bodyFile(folder, 0), { force: true })
    const block = new Uint8Array(100).fill(7)
    const [position] = await files.append([block])
    assert.deepEqual(await files.read(position as BodyPosition), block)
    await files.close()
  })

  it('are read many at the same time, though few stay open', async () => {
    const positions: BodyPosition[] = []
    for (let file = 0; file < 40; file++) {
      const files = await FileBodies.open(folder, CHAIN, new Map([[file, 0]]))
      positions.push(...await files.append([new Uint8Array(50).fill(file)]))
      await files.close()
    }
    const files = await FileBodies.open(folder, CHAIN, new Map([[39, 162]]))
    for (let round = 0; round < 5; round++) {
      const blocks = await Promise.all([...positions, ...positions].map(async position => await files.read(position)))
      assert.deepEqual(blocks.map(block => block[0]), [...positions, ...positions].map(({ file }) => file))
    }
    await files.close()
  })
})
