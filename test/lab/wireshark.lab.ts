import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BITCOIN_MAIN, BITCOIN_REGTEST } from '@peerwright/chain-store'
import { mineChain } from '@peerwright/chain-store/miner'
import { IpAddress, toReversedHex } from '@peerwright/core'
import {
  encodeAddresses, encodeGetHeaders, encodeHeaders, encodeInventory, encodePing, encodeVersion, INVENTORY_WITNESS_BLOCK, sha256d
} from '@peerwright/protocol-messages'
import { bitcoinFraming, encodeClassicFrame } from '@peerwright/protocol-messages/classic'
import { needs } from '@peerwright/testing'
import { captureOf } from './capture.ts'

const PORT = 8_333

/** Of the regression test chain, in frames of the main one: Wireshark does not look at their work. */
const BLOCKS = [...mineChain({ blocks: 3, seed: 1, sizeBytes: { min: 2_000, max: 9_000 }, parent: BITCOIN_REGTEST.genesisHeader })]
const HEADERS = BLOCKS.map(block => block.subarray(0, 80))
const IDS = HEADERS.map(header => sha256d(header))

const MESSAGES: ReadonlyArray<readonly [command: string, payload: Uint8Array]> = [
  ['version', encodeVersion({ protocolVersion: 70_015, services: 9n, timeSeconds: 1_700_000_000, nonce: 5n, userAgent: '/peerwright:lab/', startHeight: 850_000, relay: true })],
  ['verack', new Uint8Array(0)],
  ['ping', encodePing(0x0102_0304_0506_0708n)],
  ['getheaders', encodeGetHeaders({ protocolVersion: 70_015, locator: IDS })],
  ['headers', encodeHeaders(HEADERS)],
  ['inv', encodeInventory(IDS.map(id => ({ type: 2, id })))],
  ['getdata', encodeInventory(IDS.map(id => ({ type: INVENTORY_WITNESS_BLOCK, id })))],
  ['addr', encodeAddresses([{ timeSeconds: 1_700_000_000, services: 1n, ip: IpAddress.fromWords(0, 0, 0xffff, 0x0102_0304), port: PORT }])],
  ...BLOCKS.map(block => ['block', block] as const)
]

/** What Wireshark's Bitcoin dissector finds in these fields, over all packets. */
function dissect (file: string, fields: readonly string[]): string[][] {
  const { status, stdout, stderr } = spawnSync('tshark', [
    '-n', '-r', file, '-d', `tcp.port==${PORT},bitcoin`, '-T', 'fields', '-E', 'separator=;', '-E', 'aggregator=|', ...fields.flatMap(field => ['-e', field])
  ], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const lines = stdout.trimEnd().split('\n').map(line => line.split(';'))
  return fields.map((_, at) => lines.flatMap(line => (line[at] ?? '') === '' ? [] : (line[at] ?? '').split('|')))
}

describe('Wireshark', function () {
  this.timeout(60_000)
  let folder = ''
  let file = ''

  before(function () {
    needs(this, spawnSync('tshark', ['--version']).status === 0, 'no tshark: apt-get install tshark')
    folder = mkdtempSync(join(tmpdir(), 'peerwright-lab-'))
    file = join(folder, 'wire.pcap')
    const framing = bitcoinFraming(Uint8Array.from(BITCOIN_MAIN.magic), BITCOIN_MAIN.maxBlockBytes)
    writeFileSync(file, captureOf(Buffer.concat(MESSAGES.map(([command, payload]) => encodeClassicFrame(framing, { command, payload }))), PORT))
  })

  after(() => {
    if (folder !== '') {
      rmSync(folder, { recursive: true })
    }
  })

  it('QC-25 + reads each of our messages in the classic frame, in order and without complaint', () => {
    const [commands, malformed] = dissect(file, ['bitcoin.command', '_ws.malformed'])
    assert.deepEqual(commands?.map(command => command.replaceAll('\\000', '').replaceAll('\0', '')), MESSAGES.map(([command]) => command))
    assert.deepEqual(malformed, [])
  })

  it('QC-25 + finds in them what we have put there', () => {
    const [agents, heights, nonces, parents, ids, asked, addresses, roots, transactions] = dissect(file, [
      'bitcoin.string.value', 'bitcoin.version.start_height', 'bitcoin.ping.nonce', 'bitcoin.headers.prev_block', 'bitcoin.inv.hash',
      'bitcoin.getdata.hash', 'bitcoin.address.address', 'bitcoin.block.merkle_root', 'bitcoin.block.num_transactions'
    ])
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    const either = (seen: readonly string[] | undefined, right: readonly Uint8Array[]): void => {
      // Some versions print hashes as they lie, others the other way round
      assert.ok([right.map(hex), right.map(toReversedHex)].some(texts => JSON.stringify(texts) === JSON.stringify(seen)), `${String(seen)} is not ${right.map(hex).join()}`)
    }
    assert.deepEqual(heights, ['850000'])
    assert.equal(BigInt(nonces?.[0] ?? 0), 0x0102_0304_0506_0708n)
    either(parents, HEADERS.map(header => header.subarray(4, 36)))
    either(ids, IDS)
    either(asked, IDS)
    either(roots, HEADERS.map(header => header.subarray(36, 68)))
    // Those of the version, which are left out, and the one of the addr
    assert.deepEqual(addresses, ['::', '::', '::ffff:1.2.3.4'])
    assert.equal(transactions?.length, BLOCKS.length)
    assert.deepEqual(agents, ['/peerwright:lab/'])
  })
})
