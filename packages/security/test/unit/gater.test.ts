import assert from 'node:assert/strict'
import type { MultiaddrConnection } from '@libp2p/interface'
import { connectionGater } from '@peerwright/security'
import { VirtualClock } from '@peerwright/testing'
import { Door, sessionOf } from '../support/admission.ts'

/** A socket as the gater sees it. */
class Socket extends EventTarget {
  status = 'open'
  readonly remoteAddr = { getComponents: () => [{ name: 'ip4', code: 4, value: '198.51.100.1' }, { name: 'tcp', code: 6, value: '2000' }] }

  get connection (): MultiaddrConnection {
    return this as unknown as MultiaddrConnection
  }
}

describe('the gater', () => {
  it('QC-12 + gives the place of a socket back when it closes, QC-12 - and keeps none for one that is closed already', async () => {
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
})

describe('the enforcer', () => {
  it('QC-16 + handles the frames of everybody again once all is cleared', () => {
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
