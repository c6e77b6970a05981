import type { KeyObject } from 'node:crypto'
import { invariant, PeerFault } from '@peerwright/core'
import { type KemKeyPair, ML_KEM_768, type MlKem } from '@peerwright/crypto'
import { CipherState, TAG_BYTES } from './cipher-state.ts'
import { join } from './join.ts'
import type { NoiseSuite } from './suite.ts'
import { SymmetricState } from './symmetric-state.ts'
import { dh, DH_BYTES, type DhKeyPair, dhKeyPair, dhPublicKey } from './x25519.ts'

/**
 * Most bytes of a payload. derived: a rotated certificate of ML-DSA-87 with its keys and signatures and the signature over the handshake are
 * 20,300 bytes, an RSA key of 8,192 bits with its signature and 2 KiB of names beside it are under 24 KiB. A larger one would let strangers
 * fill memory before they are known.
 */
export const MAX_PAYLOAD_BYTES = 24_576

const EMPTY = new Uint8Array()

/** What a handshake draws and computes with. */
export interface HandshakeInit {
  readonly suite: NoiseSuite
  readonly initiator: boolean
  /** May be kept for many handshakes */
  readonly staticKey: DhKeyPair
  /** For this handshake alone: drawn when it is needed, unless a vector fixes it */
  readonly ephemeral?: DhKeyPair
  /** What a hybrid suite needs */
  readonly kem?: MlKem
  /** The initiator's KEM keys in the hybrid: drawn when they are needed, unless a vector fixes them */
  readonly kemKeys?: KemKeyPair
  readonly prologue?: Uint8Array
}

/** What a finished handshake leaves behind. */
export interface Split {
  readonly send: CipherState
  readonly receive: CipherState
  /** Binds what is said in the channel to this channel: the same on both sides, and different every time */
  readonly hash: Uint8Array
}

/** Where a handshake stands. `begun`: a message is made but for its payload. */
export type HandshakePhase = 'write' | 'begun' | 'read' | 'done' | 'spent' | 'failed'

/** How many bytes a message may have. */
export interface MessageBounds {
  readonly min: number
  readonly max: number
}

/** Cuts a message from its front; its length was compared before. */
class Cursor {
  #rest: Uint8Array

  constructor (bytes: Uint8Array) {
    this.#rest = bytes
  }

  take (length: number): Uint8Array {
    const part = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return part
  }

  rest (): Uint8Array {
    return this.#rest
  }
}

/**
 * HandshakeState of Noise for XX (rev 34, 7.5) and XXhfs with ML-KEM-768 (noise_hfs_spec rev 1, 4). No input or output: the
 * caller carries the three messages.
 *
 * | message | XX | XXhfs |
 * |---|---|---|
 * | 1, initiator, without payload | e | e, e1 |
 * | 2, responder | e, ee, s, es | e, ee, ekem1, s, es |
 * | 3, initiator | s, se | s, se |
 *
 * | phase | begin | finish | read | split |
 * |---|---|---|---|---|
 * | write | -> begun | bug | bug | bug |
 * | begun | bug | -> read, or done after message 3 | bug | bug |
 * | read | bug | bug | -> write, or done after message 3 | bug |
 * | done | bug | bug | bug | -> spent |
 * | spent, failed | bug | bug | bug | bug |
 *
 * A fault in any of them leads to `failed`.
 */
export class HandshakeState {
  readonly #init: HandshakeInit
  readonly #symmetric: SymmetricState
  readonly #kem: MlKem | undefined
  #kemKeys: KemKeyPair | undefined
  #ownEphemeral: DhKeyPair | undefined
  #phase: HandshakePhase
  /** Messages that have gone either way */
  #message = 0
  #begun: readonly Uint8Array[] = []
  #transcript: Uint8Array = EMPTY
  #theirEphemeral: Uint8Array | undefined
  #theirEphemeralKey: KeyObject | undefined
  #theirStatic: Uint8Array | undefined
  #theirKemKey: Uint8Array | undefined

  constructor (init: HandshakeInit) {
    invariant(init.suite.hybrid === (init.kem !== undefined), 'a hybrid handshake needs a KEM, another has no use for one')
    this.#init = init
    this.#kem = init.kem
    this.#symmetric = new SymmetricState(init.suite)
    this.#symmetric.mixHash(init.prologue ?? EMPTY)
    this.#phase = init.initiator ? 'write' : 'read'
  }

  get phase (): HandshakePhase {
    return this.#phase
  }

  /** The hash under which the payload of the last message stands: all that was said before it, both key exchanges included. */
  get transcript (): Uint8Array {
    return this.#transcript
  }

  /** The other side's static key; known once its message was read. */
  get theirStatic (): Uint8Array {
    invariant(this.#theirStatic !== undefined, 'the static key was not received yet')
    return this.#theirStatic
  }

  /** What the next message to be read may have; nothing else is worth a byte of memory. */
  get bounds (): MessageBounds {
    const key = DH_BYTES + TAG_BYTES
    switch (this.#message) {
      case 0: {
        const bytes = DH_BYTES + (this.#kem === undefined ? 0 : ML_KEM_768.publicKeyBytes)
        return { min: bytes, max: bytes }
      }
      case 1: {
        const min = DH_BYTES + (this.#kem === undefined ? 0 : ML_KEM_768.ciphertextBytes + TAG_BYTES) + key + TAG_BYTES
        return { min, max: min + MAX_PAYLOAD_BYTES }
      }
      default: return { min: key + TAG_BYTES, max: key + TAG_BYTES + MAX_PAYLOAD_BYTES }
    }
  }

  /** Computes the next message up to its payload, which may sign `transcript`. @throws PeerFault `weak-key`, `bad-kem-key` */
  begin (): void {
    this.#step('write', () => {
      this.#begun = this.#message === 0 ? this.#beginFirst() : this.#message === 1 ? this.#beginSecond() : this.#beginStatic()
      this.#transcript = this.#symmetric.hash
      this.#phase = 'begun'
    })
  }

  /** The message with this payload; message 1 has none. */
  finish (payload: Uint8Array): Uint8Array {
    return this.#step('begun', () => {
      invariant(payload.length <= (this.#message === 0 ? 0 : MAX_PAYLOAD_BYTES), 'the payload is longer than one may be')
      const message = join(...this.#begun, this.#symmetric.encryptAndHash(payload))
      this.#begun = []
      this.#phase = ++this.#message === 3 ? 'done' : 'read'
      return message
    })
  }

  /**
   * The payload of the other side's next message.
   *
   * @throws PeerFault `handshake-length`, `handshake-authentication`, `weak-key`
   */
  read (message: Uint8Array): Uint8Array {
    return this.#step('read', () => {
      const { min, max } = this.bounds
      if (message.length < min || message.length > max) {
        throw new PeerFault('handshake-length', `handshake message ${this.#message + 1} has ${message.length} bytes, not ${min === max ? min : `${min} to ${max}`}`)
      }
      const cursor = new Cursor(message)
      if (this.#message === 0) {
        this.#readFirst(cursor)
      } else if (this.#message === 1) {
        this.#readSecond(cursor)
      } else {
        this.#readStatic(cursor)
      }
      this.#transcript = this.#symmetric.hash
      const payload = this.#symmetric.decryptAndHash(cursor.rest())
      this.#phase = ++this.#message === 3 ? 'done' : 'write'
      return payload
    })
  }

  /** The two ciphers, once all three messages have gone. Once: two ciphers under one key would use each nonce twice. */
  split (): Split {
    return this.#step('done', () => {
      const keys = this.#symmetric.split()
      const [first, second] = keys.map(key => new CipherState(key, this.#init.suite.cipher)) as [CipherState, CipherState]
      for (const key of keys) {
        key.fill(0)
      }
      this.#phase = 'spent'
      const [send, receive] = this.#init.initiator ? [first, second] : [second, first]
      return { send, receive, hash: this.#symmetric.hash }
    })
  }

  #step<T> (phase: HandshakePhase, act: () => T): T {
    invariant(this.#phase === phase, `a handshake in phase ${this.#phase} is asked for what belongs to phase ${phase}`)
    this.#phase = 'failed'
    return act()
  }

  #beginFirst (): readonly Uint8Array[] {
    const parts = [this.#beginEphemeral()]
    this.#kemKeys = this.#init.kemKeys ?? this.#kem?.generate()
    if (this.#kemKeys !== undefined) {
      parts.push(this.#symmetric.encryptAndHash(this.#kemKeys.publicKey))
    }
    return parts
  }

  #readFirst (cursor: Cursor): void {
    this.#readEphemeral(cursor)
    if (this.#kem !== undefined) {
      this.#theirKemKey = this.#symmetric.decryptAndHash(cursor.take(ML_KEM_768.publicKeyBytes))
    }
  }

  #beginSecond (): readonly Uint8Array[] {
    const parts = [this.#beginEphemeral()]
    this.#mixSecret(dh(this.#own(), this.#theirs()))
    if (this.#kem !== undefined) {
      invariant(this.#theirKemKey !== undefined, 'the first message of a hybrid carries a KEM key')
      const { ciphertext, sharedSecret } = this.#kem.encapsulate(this.#theirKemKey)
      parts.push(this.#symmetric.encryptAndHash(ciphertext))
      this.#mixSecret(sharedSecret)
    }
    return [...parts, ...this.#beginStatic()]
  }

  #readSecond (cursor: Cursor): void {
    this.#readEphemeral(cursor)
    this.#mixSecret(dh(this.#own(), this.#theirs()))
    if (this.#kemKeys !== undefined) {
      // Under the key of `ee` already: a changed ciphertext fails its tag before anything is decapsulated
      const ciphertext = this.#symmetric.decryptAndHash(cursor.take(ML_KEM_768.ciphertextBytes + TAG_BYTES))
      this.#mixSecret(this.#kemKeys.decapsulate(ciphertext))
    }
    this.#readStatic(cursor)
  }

  /** `s`, then the static key with the other side's ephemeral one: `es` for the responder, `se` for the initiator. */
  #beginStatic (): readonly Uint8Array[] {
    const key = this.#symmetric.encryptAndHash(this.#init.staticKey.publicKey)
    this.#mixSecret(dh(this.#init.staticKey, this.#theirs()))
    return [key]
  }

  #readStatic (cursor: Cursor): void {
    this.#theirStatic = this.#symmetric.decryptAndHash(cursor.take(DH_BYTES + TAG_BYTES))
    this.#mixSecret(dh(this.#own(), dhPublicKey(this.#theirStatic)))
  }

  #readEphemeral (cursor: Cursor): void {
    this.#theirEphemeral = cursor.take(DH_BYTES)
    this.#symmetric.mixHash(this.#theirEphemeral)
  }

  /** A secret is needed once. Private keys stay in OpenSSL, which wipes them. */
  #mixSecret (secret: Uint8Array): void {
    this.#symmetric.mixKey(secret)
    secret.fill(0)
  }

  #beginEphemeral (): Uint8Array {
    this.#ownEphemeral = this.#init.ephemeral ?? dhKeyPair()
    this.#symmetric.mixHash(this.#ownEphemeral.publicKey)
    return this.#ownEphemeral.publicKey
  }

  #own (): DhKeyPair {
    invariant(this.#ownEphemeral !== undefined, 'the ephemeral key was not drawn yet')
    return this.#ownEphemeral
  }

  #theirs (): KeyObject {
    invariant(this.#theirEphemeral !== undefined, 'the ephemeral key was not received yet')
    // Not before it is needed: a first message that is turned away costs no import
    this.#theirEphemeralKey ??= dhPublicKey(this.#theirEphemeral)
    return this.#theirEphemeralKey
  }
}
