import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ByteReader } from '@peerwright/core'
import { bitcoinHeaderCodec } from '@peerwright/protocol-messages'
import { ClassicLevel } from 'classic-level'

/** Bytes before the first record: none in schema 1. */
const HEAD_BYTES = 100

/** Turns a store into what schema 1 wrote: a genesis by its id, body files without a head. One body file. */
export async function toSchema1 (location: string): Promise<void> {
  const db = new ClassicLevel<string, Uint8Array>(join(location, 'index'), { valueEncoding: 'view' })
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const genesis = bitcoinHeaderCodec.read(new ByteReader(await db.get('meta/genesis') as Uint8Array))
  await db.put('meta/schema', text('1'))
  await db.put('meta/genesis', text(genesis.id))
  const path = join(location, 'blocks', 'blk00000.dat')
  const bytes = await readFile(path)
  if (bytes.subarray(0, 8).toString() === 'PWBLOCKS') {
    await writeFile(path, bytes.subarray(HEAD_BYTES))
    for await (const [key, value] of db.iterator({ gte: 'b', lt: 'c' })) {
      const position = value.slice()
      const view = new DataView(position.buffer)
      view.setUint32(4, view.getUint32(4) - HEAD_BYTES)
      await db.put(key, position)
    }
  }
  await db.close()
}
