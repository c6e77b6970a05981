import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { seededRandom } from '@peerwright/core'
import { derivedSecret, freshSecret, readKeyFile, rotatedSecret, writeKeyFile } from '../../src/index.ts'
import { isOperation, keyOf } from '../support/peers.ts'

describe('the file of an ML-DSA key', () => {
  const random = seededRandom(1)
  let folder = ''
  let path = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerwright-key-'))
    path = join(folder, 'ml-dsa.key')
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  it('QN-21 + gives back what was written, for its owner alone', async () => {
    const first = freshSecret('ml-dsa-65', random)
    assert.equal(await readKeyFile(path), undefined)
    await writeKeyFile(path, first, random)
    assert.deepEqual(await readKeyFile(path), first)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const second = rotatedSecret(first, 'ml-dsa-87', random)
    await writeKeyFile(path, second, random, true)
    assert.deepEqual(await readKeyFile(path), second)
    assert.deepEqual(second.previous, { suite: 'ml-dsa-65', seed: first.seed })
    assert.deepEqual(await readdir(folder), ['ml-dsa.key'], 'no draft stays')
  })

  it('keeps the key that is there', async () => {
    const first = freshSecret('ml-dsa-65', random)
    await writeKeyFile(path, first, random)
    await assert.rejects(writeKeyFile(path, freshSecret('ml-dsa-65', random), random), isOperation('key-file-exists', /already/))
    assert.deepEqual(await readKeyFile(path), first)
    await assert.rejects(writeKeyFile(join(folder, 'none', 'key'), first, random), isOperation('key-file-unwritable', /cannot be written/))
    assert.deepEqual(await readdir(folder), ['ml-dsa.key'])
  })

  for (const mode of [0o640, 0o604, 0o660, 0o601]) {
    it(`QN-21 - refuses a file with mode ${mode.toString(8)}, and says how to mend it`, async () => {
      await writeKeyFile(path, freshSecret('ml-dsa-65', random), random)
      await chmod(path, mode)
      await assert.rejects(readKeyFile(path), isOperation('key-file-exposed', new RegExp(`chmod 600 '${path}'`)))
    })
  }

  it('QN-21 - refuses a file with any byte changed, cut short, or longer', async () => {
    const secret = rotatedSecret(freshSecret('ml-dsa-44', random), 'ml-dsa-65', random)
    await writeKeyFile(path, secret, random)
    const bytes = await readFile(path)
    const broken = [...bytes.keys()].map(at => Uint8Array.from(bytes).with(at, (bytes[at] ?? 0) ^ 0x10))
    for (const wrong of [...broken, bytes.subarray(0, -1), bytes.subarray(0, 0), Buffer.concat([bytes, Buffer.of(0)]), Buffer.alloc(100_000)]) {
      await writeFile(path, wrong)
      await assert.rejects(readKeyFile(path), isOperation('key-file-damaged', new RegExp(`mv '${path}'`)))
    }
  })

  it('QN-15 - shows no secret in an error', async () => {
    const secret = freshSecret('ml-dsa-65', random)
    await writeKeyFile(path, secret, random)
    const bytes = await readFile(path)
    await writeFile(path, bytes.subarray(0, -1))
    const error: unknown = await readKeyFile(path).catch((reason: unknown) => reason)
    const text = inspect(error, { depth: 9 })
    for (const form of ['hex', 'base64', 'latin1'] as const) {
      assert.ok(!text.includes(Buffer.from(secret.seed).toString(form)))
    }
  })
})

describe('secrets', () => {
  it('QN-21 + of an identity carry the one of the epoch before', async () => {
    const identity = await keyOf(1)
    const [zero, one] = [derivedSecret(identity, 'ml-dsa-44'), derivedSecret(identity, 'ml-dsa-65', 1, 'ml-dsa-44')]
    assert.equal(zero.previous, undefined)
    assert.deepEqual(one.previous, { suite: 'ml-dsa-44', seed: zero.seed })
  })

  it('QN-21 - end with the last epoch', () => {
    const last = { ...freshSecret('ml-dsa-65', seededRandom(2)), epoch: 0xffff_ffff }
    assert.throws(() => rotatedSecret(last, 'ml-dsa-65', seededRandom(3)), isOperation('last-epoch', /no epoch/))
  })
})
