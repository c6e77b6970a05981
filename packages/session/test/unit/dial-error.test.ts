import assert from 'node:assert/strict'
import { NetAddress, OperationError, PeerFault } from '@peerwright/core'
import { type ChannelError, dialError } from '../../src/libp2p-link.ts'

const target = { address: NetAddress.from('10.0.0.1', 8_333) ?? assert.fail() }
const named = (name: string, message: string = name): Error => Object.assign(new Error(message), { name })
const said = (error: Error, told?: Error): OperationError | PeerFault => dialError(error, target, AbortSignal.any([]), told && (() => told))

describe('why a dial failed', () => {
  it('QC-09 + what an encrypter refused comes back as the error that it threw', () => {
    for (const told of [new PeerFault('downgrade', 'the channel was cut down'), new OperationError('busy', 'too many handshakes')]) {
      assert.equal(said(named('EncryptionFailedError', told.message), told), told)
    }
    assert.equal(said(named('EncryptionFailedError', 'it is B'), named('UnexpectedPeerError', 'it is B')).code, 'refused')
    assert.equal(said(named('EncryptionFailedError', 'late'), named('AbortError', 'late')).code, 'timeout')
    assert.equal(said(named('EncryptionFailedError', 'EPIPE'), named('Error', 'EPIPE')).code, 'unreachable')
  })

  it('QC-09 - and not what was told of another channel, or of none', () => {
    const told = new PeerFault('downgrade', 'the channel was cut down')
    assert.equal(said(named('EncryptionFailedError', 'it broke'), told).code, 'unreachable')
    assert.equal(said(named('EncryptionFailedError', told.message)).code, 'unreachable')
    assert.equal(said(named('Error', told.message), told).code, 'unreachable')
    const asked: string[] = []
    const channelError: ChannelError = ({ host }) => {
      asked.push(host)
      return undefined
    }
    dialError(named('EncryptionFailedError'), target, AbortSignal.any([]), channelError)
    assert.deepEqual(asked, ['10.0.0.1'])
  })

  it('says what else may keep a dial from its end', () => {
    for (const [name, code] of [
      ['InvalidPeerIdError', 'self'], ['DialDeniedError', 'refused'], ['ConnectionInterceptedError', 'refused'], ['TimeoutError', 'timeout'], ['AbortError', 'timeout'], ['Error', 'unreachable']
    ] as const) {
      assert.equal(said(named(name)).code, code)
    }
    assert.equal(said(named('EncryptionFailedError', 'Protocol selection failed - could not negotiate /noise')).code, 'no-channel')
    assert.equal(dialError(named('TimeoutError'), target, AbortSignal.abort()).code, 'aborted')
  })
})
