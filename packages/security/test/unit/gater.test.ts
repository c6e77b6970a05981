import assert from 'node:assert/strict'
import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import { DEFAULT_ADMISSION } from '@peerwright/chain-spec'
import { OperationError } from '@peerwright/core'
import { connectionGater } from '@peerwright/security'
import { VirtualClock } from '@peerwright/testing'
import { Door, sessionOf } from '../support/admission.ts'

/** A socket as the gater sees it. */
class Socket extends EventTarget {
  status = 'open'
  error: Error | undefined
  readonly remoteAddr: { getComponents(): object[] }

  constructor (ip = '198.51.100.1') {
    super()
    this.remoteAddr = { getComponents: () => [{ name: 'ip4', code: 4, value: ip }, { name: 'tcp', code: 6, value: '2000' }] }
  }

  abort (error: Error): void {
    this.error = error
  }

  get connection (): MultiaddrConnection {
    return this as unknown as MultiaddrConnection
  }
}

describe('the gater', () => {
  it('gives the place of a socket back when it closes, and keeps none for one that is closed already', async () => {
    const door = new Door()
    const { denyInboundConnection } = connectionGater(door.admission, new VirtualClock())
    const open = new Socket()
    assert.equal(await denyInboundConnection?.(open.connection), false)
    assert.equal(door.admission.connections.size, 1)
    open.dispatchEvent(new Event('close'))
    assert.equal(door.admission.connections.size, 0)
    const closed = new Socket()
    closed.status = 'closed'
    await denyInboundConnection?.(closed.connection)
    assert.equal(door.admission.connections.size, 0)
  })

  it('S21 cuts the inbound connection whose place others need, not one that we dialled to its address', async () => {
    const policy = { ...DEFAULT_ADMISSION, connections: { ...DEFAULT_ADMISSION.connections, pending: 2 } }
    const { denyInboundConnection, denyOutboundConnection, denyOutboundEncryptedConnection } = connectionGater(new Door({ policy }).admission, new VirtualClock())
    const peer = { toString: () => 'peer' } as PeerId
    const [silent, second, newcomer, dialled] = [new Socket('10.1.1.1'), new Socket('10.1.1.2'), new Socket('192.0.2.1'), new Socket('10.1.1.1')]
    assert.deepEqual([await denyInboundConnection?.(silent.connection), await denyInboundConnection?.(second.connection)], [false, false])
    assert.equal(await denyOutboundConnection?.(peer, dialled.connection), false)
    assert.equal(await denyOutboundEncryptedConnection?.(peer, dialled.connection), false)
    assert.equal(await denyInboundConnection?.(newcomer.connection), false)
    assert.deepEqual([silent, second, newcomer, dialled].map(({ error }) => error instanceof OperationError && error.code), ['refused', false, false, false])
  })
})

describe('the enforcer', () => {
  it('QC-14 + handles the frames of those it throttled again once all is cleared', () => {
    const { admission } = new Door()
    const session = sessionOf('a')
    for (let count = 0; count < 1_000 && admission.enforcer.throttledFor('a', 0) === 0; count++) {
      admission.frame(session, 0xf0, 10, 0)
    }
    assert.ok(admission.enforcer.throttledFor('a', 0) > 0)
    admission.enforcer.clear()
    assert.equal(admission.enforcer.throttledFor('a', 0), 0)
  })
})
