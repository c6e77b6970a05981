import assert from 'node:assert/strict'
import { seededRandom } from '@peerwright/core'
import { Pair } from '../support/streams.ts'

describe('the wire', () => {
  it('brings everything in the order it was sent, whatever the line does', async () => {
    const pair = new Pair({ jitterMs: 50, loss: 0.2, bytesPerSecond: 100_000 }, seededRandom(5))
    const arrived: number[] = []
    for (let count = 0; count < 200; count++) {
      pair.wire.send('dialler', 100, () => { arrived.push(count) })
      await pair.run(3)
    }
    await pair.run(60_000)
    assert.deepEqual(arrived, Array.from({ length: 200 }, (_, index) => index))
    assert.equal(pair.wire.sentBytes, 20_000)
  })

  it('has a speed each way', async () => {
    const pair = new Pair({ bytesPerSecond: 1_000 })
    const arrivals: string[] = []
    pair.wire.send('dialler', 500, () => { arrivals.push(`there ${pair.timeline.monotonic()}`) })
    pair.wire.send('listener', 500, () => { arrivals.push(`back ${pair.timeline.monotonic()}`) })
    pair.wire.send('dialler', 500, () => { arrivals.push(`there ${pair.timeline.monotonic()}`) })
    await pair.run(2_000)
    assert.deepEqual(arrivals, ['there 510', 'back 510', 'there 1010'])
  })

  it('holds a sender when 256 KiB wait to be sent', async () => {
    const pair = new Pair({ bytesPerSecond: 262_144 })
    pair.wire.send('dialler', 262_144, () => undefined)
    assert.equal(pair.wire.roomInMs('dialler'), 0)
    pair.wire.send('dialler', 131_072, () => undefined)
    assert.equal(pair.wire.roomInMs('dialler'), 500)
    assert.equal(pair.wire.roomInMs('listener'), 0)
    await pair.run(500)
    assert.equal(pair.wire.roomInMs('dialler'), 0)
  })

  it('has room for a sender who waited as long as he was told, whatever the numbers', async () => {
    const pair = new Pair({ bytesPerSecond: 2_500_000 })
    const random = seededRandom(3)
    await pair.run(86_400_000.1)
    for (let count = 0; count < 2_000; count++) {
      pair.wire.send('dialler', 1 + random.below(65_536), () => undefined)
      await pair.run(pair.wire.roomInMs('dialler'))
      assert.equal(pair.wire.roomInMs('dialler'), 0)
    }
  })

  it('keeps what is sent while the internet is split, in order, and sends it when it is healed', async () => {
    const pair = new Pair()
    const arrived: number[] = []
    pair.wire.send('dialler', 1, () => { arrived.push(1) })
    pair.whole = false
    pair.wire.send('dialler', 1, () => { arrived.push(2) })
    pair.wire.send('dialler', 1, () => { arrived.push(3) })
    await pair.run(1_000)
    assert.deepEqual(arrived, [1], 'what was under way arrives')
    pair.whole = true
    pair.wire.send('dialler', 1, () => { arrived.push(4) })
    await pair.run(100)
    pair.wire.resume()
    pair.wire.send('dialler', 1, () => { arrived.push(5) })
    await pair.run(10)
    assert.deepEqual(arrived, [1, 2, 3, 4, 5])
  })

  it('closes after what was sent has arrived, and tells the other end', async () => {
    const pair = new Pair()
    const told: string[] = []
    pair.wire.attach('listener', { onClosed: error => { told.push(error === undefined ? 'closed' : error.message) } })
    pair.wire.whenOver('dialler', () => { told.push('over here') })
    pair.wire.whenOver('listener', () => { told.push('over there') })
    pair.wire.send('dialler', 1, () => { told.push('bytes') })
    pair.wire.close('dialler')
    await pair.run(100)
    assert.deepEqual(told, ['bytes', 'over here', 'closed', 'over there'])
    assert.equal(pair.ends, 1)
  })

  it('cut, it loses what is under way, and the other end hears of it one latency later', async () => {
    const pair = new Pair()
    const told: string[] = []
    pair.wire.attach('listener', { onClosed: error => { told.push(`${error?.message ?? 'closed'} at ${pair.timeline.monotonic()}`) } })
    pair.wire.send('dialler', 1, () => { told.push('bytes') })
    pair.wire.cut('dialler', new Error('cut'))
    pair.wire.cut('listener', new Error('again'))
    pair.wire.send('listener', 1, () => { told.push('bytes') })
    await pair.run(100)
    assert.deepEqual(told, ['cut at 10'])
    assert.deepEqual([pair.ends, pair.wire.broken], [1, true])
  })

  it('cut while the internet is split, it tells nobody', async () => {
    const pair = new Pair()
    let told = 0
    pair.wire.attach('listener', { onClosed: () => { told++ } })
    pair.whole = false
    pair.wire.cut('dialler', new Error('cut'))
    await pair.run(60_000)
    assert.equal(told, 0)
  })
})
