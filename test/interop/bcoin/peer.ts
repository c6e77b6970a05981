import type { Socket } from 'node:net'
import { BITCOIN_REGTEST } from '@peerwright/chain-store'
import { decodePing, decodeVersion, encodePing, encodeVersion, type Version } from '@peerwright/protocol-messages'
import { bitcoinFraming, type ClassicFrame, ClassicReader, encodeClassicFrame } from '@peerwright/protocol-messages/classic'

const FRAMING = bitcoinFraming(Uint8Array.from(BITCOIN_REGTEST.magic), BITCOIN_REGTEST.maxBlockBytes)

const EMPTY = new Uint8Array(0)

/** Bitcoin's service bits: serves the whole chain; serves witnesses (BIP144). */
const SERVICES = 1n | 8n

/** Before BIP339 and BIP155: what bcoin 1 speaks. */
const PROTOCOL_VERSION = 70_015

/** Our codecs at one end of a TCP connection, in classic framing. */
export class ClassicPeer {
  /** Every command that came, in order */
  readonly commands: string[] = []
  readonly #socket: Socket
  readonly #reader = new ClassicReader(FRAMING)
  readonly #waiting = new Map<string, (payload: Uint8Array) => void>()
  readonly #early: ClassicFrame[] = []
  #fail: (error: Error) => void = () => {}
  /** Rejects when a message is wrong or the connection breaks */
  readonly failed: Promise<never>
  #onMessage: (frame: ClassicFrame) => void = frame => { this.#early.push(frame) }

  constructor (socket: Socket) {
    this.#socket = socket
    this.failed = new Promise((_, reject) => { this.#fail = reject })
    this.failed.catch(() => {})
    socket.on('data', chunk => {
      try {
        this.#reader.push(chunk).forEach(frame => { this.#take(frame) })
      } catch (error) {
        this.#fail(error as Error)
        socket.destroy()
      }
    })
    socket.on('error', error => { this.#fail(error) })
    socket.on('close', () => { this.#fail(new Error('the connection is closed')) })
  }

  /** Hands over each message that nobody waits for: those that have come already, in one piece with the end of the handshake, first. */
  handle (onMessage: (frame: ClassicFrame) => void): void {
    this.#onMessage = onMessage
    this.#early.splice(0).forEach(onMessage)
  }

  send (command: string, payload: Uint8Array = EMPTY): void {
    this.#socket.write(encodeClassicFrame(FRAMING, { command, payload }))
  }

  /** The next message of a kind; one that came before anybody waited for it counts. */
  async next (command: string): Promise<Uint8Array> {
    const early = this.#early.findIndex(frame => frame.command === command)
    if (early >= 0) {
      return this.#early.splice(early, 1)[0]?.payload ?? EMPTY
    }
    return await Promise.race([this.failed, new Promise<Uint8Array>(resolve => { this.#waiting.set(command, resolve) })])
  }

  /** Sends a message and waits for the answer. */
  async ask (command: string, payload: Uint8Array, answer: string): Promise<Uint8Array> {
    this.send(command, payload)
    return await this.next(answer)
  }

  /** version and verack both ways; the dialler speaks first. */
  async shakeHands (dialler: boolean, startHeight: number): Promise<Version> {
    const ours = encodeVersion({
      protocolVersion: PROTOCOL_VERSION, services: SERVICES, timeSeconds: Math.floor(Date.now() / 1_000), nonce: 77n, userAgent: '/peerwright:test/', startHeight, relay: true
    })
    if (dialler) {
      this.send('version', ours)
    }
    const theirs = decodeVersion(await this.next('version'))
    if (!dialler) {
      this.send('version', ours)
    }
    this.send('verack')
    await this.next('verack')
    return theirs
  }

  close (): void {
    this.#socket.destroy()
  }

  #take (frame: ClassicFrame): void {
    this.commands.push(frame.command)
    const waiting = this.#waiting.get(frame.command)
    if (waiting !== undefined) {
      this.#waiting.delete(frame.command)
      waiting(frame.payload)
    } else if (frame.command === 'ping') {
      this.send('pong', encodePing(decodePing(frame.payload)))
    } else {
      this.#onMessage(frame)
    }
  }
}
