import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QUANTUMCOIN_ADMISSION } from '@peerwright/chain-spec'
import type { Clock } from '@peerwright/core'
import { PeerScoring, type ScoringInit } from '@peerwright/peer-scoring'
import { AdmissionStore, BanList, banTargetText, parseBanTarget, StateFile } from '@peerwright/security'
import { at } from '../support/admission.ts'

const HOUR = 3_600_000
const INIT: ScoringInit = {
  policy: QUANTUMCOIN_ADMISSION.scoring,
  host: QUANTUMCOIN_ADMISSION.connections.host,
  population: () => ({ connected: 20, outbound: 8, useful: 19, isOutbound: false })
}

/** A clock that says what it is told; nothing waits on it here. */
const clockAt = (wallMs: number, monotonicMs: number): Clock => ({
  now: () => wallMs, monotonic: () => monotonicMs, schedule: () => assert.fail('nothing waits')
})

describe('what admission stores', () => {
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'peerwright-admission-')) })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  const openAt = (wallMs: number, monotonicMs: number): { bans: BanList, scoring: PeerScoring, store: AdmissionStore } => {
    const [bans, scoring] = [new BanList(100), new PeerScoring(INIT)]
    return { bans, scoring, store: new AdmissionStore(folder, { bans, scoring, scoringInit: INIT, clock: clockAt(wallMs, monotonicMs) }) }
  }

  it('S32 a ban comes back after a restart with its reason, rule, end and evidence, and the score with what it is made of', async () => {
    const first = openAt(1_000_000, 500)
    first.bans.add(parseBanTarget('10.0.0.0/8') ?? assert.fail(), { rule: 'operator', reason: 'enough' }, 500)
    first.bans.add({ type: 'peer', peerId: 'a'.repeat(46) }, { rule: 'bad-proof', reason: 'conduct', durationMs: 2 * HOUR, evidence: 'header 7' }, 500)
    first.bans.add({ type: 'peer', peerId: 'b'.repeat(46) }, { rule: 'bad-proof', reason: 'conduct', durationMs: HOUR }, 500)
    first.scoring.observe({ peerId: 'c', address: at('198.51.100.1'), rule: 'stall', offence: 'ambiguous', points: -8 }, 500)
    await Promise.all([first.store.save(), first.store.save()])
    assert.deepEqual(await readdir(folder), ['bans.json', 'scores.json'])

    // An hour later, in a process whose own clock starts anew
    const second = openAt(1_000_000 + HOUR, 7)
    assert.deepEqual(await second.store.load(), [])
    assert.equal(second.bans.size, 2)
    assert.deepEqual(second.bans.list(7).map(({ target, rule, reason, expiresMs, evidence }) => [banTargetText(target), rule, reason, expiresMs, evidence]), [
      ['10.0.0.0/8', 'operator', 'enough', undefined, undefined],
      [`peer ${'a'.repeat(46)}`, 'bad-proof', 'conduct', HOUR + 7, 'header 7']
    ])
    const explained = second.scoring.explain('c', 7) ?? assert.fail()
    assert.equal(explained.score, -125)
    assert.equal(explained.entries.reduce((sum, { left }) => sum + left, 0), explained.score)
  })

  it('QC-14 + a permanent ban is permanent over restarts', async () => {
    const first = openAt(1_000_000, 0)
    for (let violation = 0; violation < 16; violation++) {
      const actions = first.scoring.observe({ peerId: 'bad', address: at('198.51.100.1'), rule: 'over-live-messages', offence: 'resource' }, violation)
      for (const action of actions) {
        if (action.type === 'ban') {
          first.bans.add({ type: 'peer', peerId: 'c'.repeat(46) }, { rule: action.rule, reason: '', ...('durationMs' in action ? { durationMs: action.durationMs } : {}) }, violation)
        }
      }
    }
    await first.store.save()
    const second = openAt(1_000_000 + 1_000 * HOUR, 0)
    await second.store.load()
    assert.equal(second.bans.ofPeer('c'.repeat(46), 0)?.rule, 'over-live-messages')
  })

  it('a damaged, truncated, foreign or newer file is put aside under a name that says so, and the node begins without', async () => {
    const good = openAt(1_000_000, 0)
    good.bans.add(parseBanTarget('10.0.0.0/8') ?? assert.fail(), { rule: 'operator', reason: '' }, 0)
    await good.store.save()
    const path = join(folder, 'bans.json')
    const text = await readFile(path, 'utf8')
    for (const [bytes, kept] of [
      [text.slice(0, -9), 'damaged'], ['', 'damaged'], ['null', 'damaged'], [text.replace('peerwright-bans', 'peerwright-scores'), 'damaged'],
      [text.replace('10.0.0.0/8', '10.0.0.0/99'), 'damaged'], [text.replace('"schema":1', '"schema":2'), 'future']
    ] as const) {
      await writeFile(path, bytes)
      const { bans, store } = openAt(1_000_000, 0)
      assert.deepEqual(await store.load(), [`${path} is ${kept === 'future' ? 'of a newer version' : 'damaged'}: it is kept as ${path}.${kept}`])
      assert.equal(bans.size, 0)
      assert.equal(await readFile(`${path}.${kept}`, 'utf8'), bytes)
    }
  })

  it('a write that fails leaves the file as it was, and nothing beside it', async () => {
    const file = new StateFile(join(folder, 'state.json'), 'test', 1)
    await file.write({ value: 1 }, 1_000)
    const loop: Record<string, unknown> = {}
    loop['loop'] = loop
    await assert.rejects(file.write(loop, 2_000), { code: 'storage' })
    assert.deepEqual(await file.read(), { found: 'state', savedAtMs: 1_000, data: { value: 1 } })
    assert.deepEqual(await readdir(folder), ['state.json'])
  })

  it('a folder that cannot be used is an error of its own', async () => {
    const file = new StateFile(join(folder, 'none', 'state.json'), 'test', 1)
    await assert.rejects(file.write({}, 1), { name: 'OperationError', code: 'storage' })
    assert.deepEqual(await file.read(), { found: 'nothing' })
    await mkdir(join(folder, 'folder.json'))
    await assert.rejects(new StateFile(join(folder, 'folder.json'), 'test', 1).read(), { code: 'storage' })
  })
})
