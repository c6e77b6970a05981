import assert from 'node:assert/strict'
import { InvariantError, NetAddress, PeerFault } from '@peerwright/core'
import {
  bitcoinHeaderCodec, decodeEnd, decodeGetHeaders, decodeGoodbye, decodeHeaders, decodeInventory, decodeTip, decodeVersion, encodeEnd, encodeGetHeaders,
  encodeGoodbye, encodeHeaders, encodeInventory, encodeTip, encodeVersion, GOODBYE_CODES, messageByName, messageByType, MESSAGES, messageType, payloadLimit, type Version
} from '@peerwright/protocol-messages'

const fault = (code: string) => (error: unknown): boolean => error instanceof PeerFault && error.code === code

const VERSION: Version = {
  protocolVersion: 70_015, services: 9n, timeSeconds: 1_700_000_000, nonce: 5n, userAgent: '/peerwright:0.1.0/', startHeight: 850_000, relay: true,
  receiver: NetAddress.from('1.2.3.4', 8333) as NetAddress,
  extension: { networkId: 'ab'.repeat(32), chainWork: 2n ** 200n + 1n, connectionClass: 'feeler', features: ['compact'], encrypters: ['/noise', '/tls/1.0.0'] }
}

describe('the message table', () => {
  const rows = MESSAGES.filter(row => row.stream !== 'classic')

  it('has each type and each name once, those of sessions first, in the order of their types', () => {
    const types = rows.map(({ type }) => type)
    assert.equal(new Set(types).size, types.length)
    assert.equal(new Set(MESSAGES.map(({ name }) => name)).size, MESSAGES.length)
    assert.deepEqual(types, types.toSorted((a, b) => a - b))
    assert.deepEqual(MESSAGES.slice(0, rows.length), rows)
    for (const { name, type } of rows) {
      assert.equal(messageByType(messageType(name))?.type, type)
    }
    assert.equal(messageByType(0xff), undefined)
  })

  it('keeps what only the classic frame carries out of sessions', () => {
    for (const name of ['addr', 'addrv2', 'reject'] as const) {
      assert.equal(messageByName(name).stream, 'classic')
      assert.throws(() => messageType(name as never), InvariantError)
    }
    // BIP324's ids of addr and addrv2: to a session, types that it does not know
    assert.deepEqual([messageByType(1), messageByType(28)], [undefined, undefined])
  })

  it('bounds a block by the network, and everything else by itself', () => {
    assert.equal(payloadLimit(messageType('block'), 123), 123)
    assert.equal(payloadLimit(messageType('ping'), 123), 8)
    assert.equal(payloadLimit(0xff, 123), undefined)
  })
})

describe('messages', () => {
  it('version is what Bitcoin nodes read, and carries our fields behind', () => {
    const bytes = encodeVersion(VERSION)
    const { extension: _, ...bare } = VERSION
    const bitcoin = encodeVersion(bare)
    // 4 + 8 + 8 + 26 + 26 + 8 + 1 + 18 + 4 + 1 (ANCHORS 3.1)
    assert.equal(bitcoin.length, 104)
    assert.deepEqual(bytes.subarray(0, 104), bitcoin)
    assert.ok(bytes.length <= (payloadLimit(messageType('version'), 1) ?? 0))
    assert.deepEqual(decodeVersion(bytes), VERSION)
    assert.deepEqual(decodeVersion(bitcoin), bare)
    // BIP60: without the flag, yes; unknown fields of later versions are passed over
    assert.equal(decodeVersion(bitcoin.subarray(0, 103)).relay, true)
    assert.deepEqual(decodeVersion(Uint8Array.of(...bytes, 1, 2, 3)), VERSION)
  })

  it('version makes a user agent fit for a log', () => {
    const agent = decodeVersion(encodeVersion({ ...VERSION, userAgent: '/evil\n\u001b[31m\u202e/' })).userAgent
    assert.equal(agent, '/evil??[31m?/')
  })

  it('goodbye keeps every code, cuts a long text, and takes unknown codes for done', () => {
    for (const code of Object.keys(GOODBYE_CODES) as Array<keyof typeof GOODBYE_CODES>) {
      assert.deepEqual(decodeGoodbye(encodeGoodbye({ code })), { code })
    }
    const text = '\u00fc'.repeat(100)
    const bytes = encodeGoodbye({ code: 'busy', retryAfterSeconds: 999_999, text })
    assert.equal(bytes.length, 133)
    assert.deepEqual(decodeGoodbye(bytes), { code: 'busy', retryAfterSeconds: 86_400, text: '\u00fc'.repeat(64) })
    assert.equal(decodeGoodbye(Uint8Array.of(250, 0, 0, 0, 0)).code, 'done')
    assert.throws(() => decodeGoodbye(Uint8Array.of(...bytes, 1)), fault('trailing-bytes'))
  })

  it('end and tip survive the way', () => {
    for (const end of ['complete', 'not-found', 'busy', 'pruned'] as const) {
      assert.deepEqual(decodeEnd(encodeEnd({ end, retryAfterSeconds: 7 })), { end, retryAfterSeconds: 7 })
    }
    assert.throws(() => decodeEnd(Uint8Array.of(9, 0, 0, 0, 0)), fault('bad-end'))
    const tip = { id: new Uint8Array(32).fill(3), height: 4_000_000_000, work: 2n ** 256n - 1n }
    assert.deepEqual(decodeTip(encodeTip(tip)), tip)
  })

  it('getheaders takes 101 ids and no more', () => {
    const locator = Array.from({ length: 101 }, (_, at) => new Uint8Array(32).fill(at))
    const stop = new Uint8Array(32).fill(9)
    assert.deepEqual(decodeGetHeaders(encodeGetHeaders({ protocolVersion: 1, locator, stop })), { protocolVersion: 1, locator, stop })
    assert.throws(() => decodeGetHeaders(encodeGetHeaders({ protocolVersion: 1, locator: [...locator, stop] })), fault('too-many'))
  })

  it('headers must follow one another and come without transactions', () => {
    const first = new Uint8Array(80).fill(0x1d, 75, 76).fill(1, 72, 75)
    const { id } = bitcoinHeaderCodec.read(new (class { bytes (): Uint8Array { return first } })() as never)
    const second = Uint8Array.from(first)
    second.set(bitcoinHeaderCodec.idToBytes(id), 4)
    assert.deepEqual(decodeHeaders(encodeHeaders([first, second]), bitcoinHeaderCodec).map(header => header.parent), ['00'.repeat(32), id])
    assert.throws(() => decodeHeaders(encodeHeaders([first, first]), bitcoinHeaderCodec), fault('headers-not-continuous'))
    const withTransactions = encodeHeaders([first])
    withTransactions[81] = 1
    assert.throws(() => decodeHeaders(withTransactions, bitcoinHeaderCodec), fault('bad-headers'))
  })

  it('an inventory keeps to the limit it is read with', () => {
    const entries = Array.from({ length: 3 }, (_, at) => ({ type: 2, id: new Uint8Array(32).fill(at) }))
    assert.deepEqual([...decodeInventory(encodeInventory(entries), 3)], entries)
    assert.throws(() => decodeInventory(encodeInventory(entries), 2), fault('too-many'))
  })
})
