import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Transport } from '@libp2p/interface'
import { tcp, type TCPComponents } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { noise, peerTcp } from '../../src/index.ts'
import { keepDoor, type Wanted } from '../../src/wanted-sockets.ts'

const WAYS: ReadonlyArray<readonly [string, (wanted: Wanted) => (components: TCPComponents) => Transport]> = [
  ['as Node has it', wanted => peerTcp({ wanted })],
  ['where servers ask nothing, as before Node 22.13', wanted => components => keepDoor(tcp()(components), wanted, false)]
]

describe('sockets that are not wanted', () => {
  for (const [way, transport] of WAYS) {
    it(`QC-11 + come to libp2p when they are, QC-11 - and not when they are not: ${way}`, async () => {
      const asked: string[] = []
      const seen: string[] = []
      const libp2p = await createLibp2p({
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        transports: [transport(ip => {
          asked.push(ip)
          return ip !== '127.0.0.9'
        })],
        connectionGater: {
          denyInboundConnection: ({ remoteAddr }) => {
            // Who asks last was asked about this one
            seen.push(`${String(remoteAddr.getComponents()[0]?.value)} after ${String(asked.at(-1))}`)
            return true
          }
        },
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()]
      })
      try {
        const port = Number(/tcp\/(\d+)/.exec(libp2p.getMultiaddrs()[0]?.toString() ?? '')?.[1])
        for (const localAddress of ['127.0.0.9', '127.0.0.8']) {
          const socket = connect({ port, host: '127.0.0.1', localAddress })
          socket.on('error', () => {})
          await new Promise(resolve => { socket.once('close', resolve) })
        }
        assert.deepEqual([asked, seen], [['127.0.0.9', '127.0.0.8'], ['127.0.0.8 after 127.0.0.8']])
      } finally {
        await libp2p.stop()
      }
    })
  }
})
