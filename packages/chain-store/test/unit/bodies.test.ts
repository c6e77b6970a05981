import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperationError } from '@peerwright/core'
import { bodyFile, FileBodies } from '../../src/bodies.ts'
import type { BodyPosition } from '../../src/header-tree.ts'

const MAGIC = [1, 2, 3, 4]

describe('body files', () => {
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-bodies-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('hold magic, length, block and CRC-32', async () => {
    const files = await FileBodies.open(folder, MAGIC, new Map())
    // The check value of CRC-32: that of the nine digits
    const [position] = await files.append([new TextEncoder().encode('123456789')])
    await files.close()
    assert.deepEqual(position, { file: 0, offset: 8, sizeBytes: 9 })
    assert.equal((await readFile(bodyFile(folder, 0))).toString('hex'), '01020304' + '09000000' + '313233343536373839' + '2639f4cb')
  })

  it('keep their order after a full disk: what was written in part is taken back', async function () {
    if (!existsSync('/dev/full')) {
      this.skip()
    }
    const files = await FileBodies.open(folder, MAGIC, new Map())
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
      const files = await FileBodies.open(folder, MAGIC, new Map([[file, 0]]))
      positions.push(...await files.append([new Uint8Array(50).fill(file)]))
      await files.close()
    }
    const files = await FileBodies.open(folder, MAGIC, new Map([[39, 62]]))
    for (let round = 0; round < 5; round++) {
      const blocks = await Promise.all([...positions, ...positions].map(async position => await files.read(position)))
      assert.deepEqual(blocks.map(block => block[0]), [...positions, ...positions].map(({ file }) => file))
    }
    await files.close()
  })
})
