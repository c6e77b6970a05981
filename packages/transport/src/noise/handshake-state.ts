import type { KeyObject } from 'node:crypto'
import { invariant, PeerFault } from '@peerwright/core'
import { type KemKeyPair, ML_KEM_768, type MlKem } from '@peerwright/crypto'
import { CipherState, TAG_BYTES } from './cipher-state.ts'
import { SymmetricState } from './symmetric-state.ts'
import { dh, DH_BYTES, type DhKeyPair, dhPublicKey } from './x25519.ts'

/** The name of the classical handshake; names are hashed, so a letter more or less is another protocol. */
const XX = 'Noise_XX_25519_ChaChaPoly_SHA256'
/** The hybrid one, after the open proposal libp2p/specs#727. */
const XX_HFS = 'Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256'

const EMPTY = new Uint8Array()

/** What a handshake draws and computes with. The keys are fresh for every handshake, the static one may be kept. */
export interface HandshakeInit {
  readonly initiator: boolean
  readonly staticKey: DhKeyPair
  readonly ephemeral: DhKeyPair
  /** Makes the handshake hybrid. */
  readonly kem?: MlKem
  /** The initiator's KEM keys in the hybrid; fresh ones unless given. */
  readonly kemKeys?: KemKeyPair
  readonly prologue?: Uint8Array
}

/** What a finished handshake leaves behind. */
export interface Split {
  readonly send: CipherState
  readonly receive: CipherState
  /** Binds what is said in the channel to this channel */
  readonly hash: Uint8Array
  readonly keys: readonly [Uint8Array, Uint8Array]
}

/** Cuts a message from its front; what is not there is the sender's fault. */
class Cursor {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take (length: number): Uint8Array {
    const end = this.#offset + length
    if (end > this.#bytes.length) {
      throw new PeerFault('bad-handshake', `a handshake message has ${this.#bytes.length} bytes, fewer than ${end}`)
    }
    const part = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return part
  }

  rest (): Uint8Array {
    return this.take(this.#bytes.length - this.#offset)
  }
}

/**
 * HandshakeState of Noise for XX (rev 34, 7.5) and XXhfs with ML-KEM-768 (noise_hfs_spec rev 1, 4). No input or output: the
 * caller carries the three messages, in order.
 *
 * | message | XX | XXhfs |
 * |---|---|---|
 * | 1, initiator | e | e, e1 |
 * | 2, responder | e, ee, s, es | e, ee, ekem1, s, es |
 * | 3, initiator | s, se | s, se |
 */
export class HandshakeState {
  readonly #init: HandshakeInit
  readonly #symmetric: SymmetricState
  readonly #kemKeys: KemKeyPair | undefined
  #message = 0
  #theirEphemeral: KeyObject | undefined
  #theirStatic: Uint8Array | undefined
  #theirKemKey: Uint8Array | undefined

  constructor (init: HandshakeInit) {
    this.#init = init
    this.#symmetric = new SymmetricState(init.kem === undefined ? XX : XX_HFS)
    this.#symmetric.mixHash(init.prologue ?? EMPTY)
    this.#kemKeys = init.initiator ? init.kemKeys ?? init.kem?.generate() : undefined
  }

  /** The other side's static key; known once its message was read. */
  get theirStatic (): Uint8Array {
    invariant(this.#theirStatic !== undefined, 'the static key was not received yet')
    return this.#theirStatic
  }

  /** The next message with this payload. */
  write (payload: Uint8Array): Uint8Array {
    this.#turn(this.#init.initiator)
    switch (this.#message++) {
      case 0: return this.#writeFirst(payload)
      case 1: return this.#writeSecond(payload)
      default: return Buffer.concat(this.#writeStatic(payload))
    }
  }

  /**
   * The payload of the other side's next message. After a fault the handshake is over.
   *
   * @throws PeerFault `bad-handshake`, `bad-record`, `bad-kem-key`, `bad-ciphertext`
   */
  read (message: Uint8Array): Uint8Array {
    this.#turn(!this.#init.initiator)
    const cursor = new Cursor(message)
    switch (this.#message++) {
      case 0: return this.#readFirst(cursor)
      case 1: return this.#readSecond(cursor)
      default: return this.#readStatic(cursor)
    }
  }

  /** The two ciphers, once all three messages have gone. */
  split (): Split {
    invariant(this.#message === 3, 'the handshake is not finished')
    const keys = this.#symmetric.split()
    const [first, second] = [new CipherState(keys[0]), new CipherState(keys[1])]
    const [send, receive] = this.#init.initiator ? [first, second] : [second, first]
    return { send, receive, hash: this.#symmetric.hash, keys }
  }

  #turn (initiator: boolean): void {
    invariant(this.#message < 3 && initiator === (this.#message % 2 === 0), 'a handshake message is out of turn')
  }

  #writeFirst (payload: Uint8Array): Uint8Array {
    const parts = [this.#init.ephemeral.publicKey]
    this.#symmetric.mixHash(this.#init.ephemeral.publicKey)
    if (this.#kemKeys !== undefined) {
      parts.push(this.#symmetric.encryptAndHash(this.#kemKeys.publicKey))
    }
    return Buffer.concat([...parts, this.#symmetric.encryptAndHash(payload)])
  }

  #readFirst (cursor: Cursor): Uint8Array {
    this.#readEphemeral(cursor)
    if (this.#init.kem !== undefined) {
      this.#theirKemKey = this.#symmetric.decryptAndHash(cursor.take(ML_KEM_768.publicKeyBytes))
    }
    return this.#symmetric.decryptAndHash(cursor.rest())
  }

  #writeSecond (payload: Uint8Array): Uint8Array {
    const parts = [this.#init.ephemeral.publicKey]
    this.#symmetric.mixHash(this.#init.ephemeral.publicKey)
    this.#symmetric.mixKey(dh(this.#init.ephemeral, this.#ephemeral()))
    if (this.#init.kem !== undefined) {
      invariant(this.#theirKemKey !== undefined, 'the first message of a hybrid carries a KEM key')
      const { ciphertext, sharedSecret } = this.#init.kem.encapsulate(this.#theirKemKey)
      parts.push(this.#symmetric.encryptAndHash(ciphertext))
      this.#symmetric.mixKey(sharedSecret)
    }
    return Buffer.concat([...parts, ...this.#writeStatic(payload)])
  }

  #readSecond (cursor: Cursor): Uint8Array {
    this.#readEphemeral(cursor)
    this.#symmetric.mixKey(dh(this.#init.ephemeral, this.#ephemeral()))
    if (this.#kemKeys !== undefined) {
      // Under the key of `ee` already: a changed ciphertext fails its tag before anything is decapsulated
      const ciphertext = this.#symmetric.decryptAndHash(cursor.take(ML_KEM_768.ciphertextBytes + TAG_BYTES))
      this.#symmetric.mixKey(this.#kemKeys.decapsulate(ciphertext))
    }
    return this.#readStatic(cursor)
  }

  /** `s`, then the static key with the other side's ephemeral one: `es` for the responder, `se` for the initiator. */
  #writeStatic (payload: Uint8Array): readonly Uint8Array[] {
    const key = this.#symmetric.encryptAndHash(this.#init.staticKey.publicKey)
    this.#symmetric.mixKey(dh(this.#init.staticKey, this.#ephemeral()))
    return [key, this.#symmetric.encryptAndHash(payload)]
  }

  #readStatic (cursor: Cursor): Uint8Array {
    this.#theirStatic = this.#symmetric.decryptAndHash(cursor.take(DH_BYTES + TAG_BYTES))
    this.#symmetric.mixKey(dh(this.#init.ephemeral, dhPublicKey(this.#theirStatic)))
    return this.#symmetric.decryptAndHash(cursor.rest())
  }

  #readEphemeral (cursor: Cursor): void {
    const bytes = cursor.take(DH_BYTES)
    this.#symmetric.mixHash(bytes)
    this.#theirEphemeral = dhPublicKey(bytes)
  }

  #ephemeral (): KeyObject {
    invariant(this.#theirEphemeral !== undefined, 'the ephemeral key was not received yet')
    return this.#theirEphemeral
  }
}
