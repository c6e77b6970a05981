import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection, StreamMessageEvent } from '@libp2p/interface'
import { tls, type TLSComponents } from '@libp2p/tls'
import { noteChannelFacts } from './channel-facts.ts'
import { type EncrypterOptions, remoteIp, watched } from './encrypter-options.ts'
import { ServerHelloReader, UNKNOWN_GROUP } from './server-hello.ts'

/** The id of libp2p's TLS 1.3. Source: libp2p specs, tls. */
export const TLS_ID = '/tls/1.0.0'

/**
 * libp2p's TLS 1.3 under the policy of a node: for peers that have no Noise. TLS has no place for the list of encrypters and no binding,
 * so who cut the offer down to it shows in `version` only.
 */
class TlsFallback implements ConnectionEncrypter {
  readonly protocol = TLS_ID
  readonly #tls: ConnectionEncrypter
  readonly #options: EncrypterOptions

  constructor (components: TLSComponents, options: EncrypterOptions) {
    this.#tls = tls()(components)
    this.#options = options
  }

  async secureOutbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return await watched(this.#options, TLS_ID, 'outbound', connection, this.#secure(connection, true, options))
  }

  async secureInbound (connection: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    const secure = async (): Promise<SecuredConnection> => {
      // A certificate is made for every connection, at a price of several handshakes: the gate stands before that
      this.#options.gate?.enter(remoteIp(connection))()
      return await this.#secure(connection, false, options)
    }
    return await watched(this.#options, TLS_ID, 'inbound', connection, secure())
  }

  async #secure (connection: MessageStream, outbound: boolean, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    const { guard } = this.#options
    if (guard?.policy === 'require') {
      guard.checkProtocol(TLS_ID, false)
    }
    const hello = new ServerHelloReader()
    const unwatch = outbound ? watchReceived(connection, hello) : watchSent(connection, hello)
    let secured
    try {
      secured = await (outbound ? this.#tls.secureOutbound(connection, options) : this.#tls.secureInbound(connection, options))
    } finally {
      unwatch()
    }
    const { name, pq } = hello.group ?? UNKNOWN_GROUP
    const channel = { protocol: TLS_ID, pq, peer: secured.remotePeer.toString(), outbound }
    guard?.check(channel)
    guard?.secured(channel)
    noteChannelFacts(connection, { protocol: TLS_ID, kex: name, pq, pqAuth: false, peerCertified: false })
    return secured
  }
}

/** Sees what comes in. Not as a listener: the first one would be handed what belongs to TLS, which listens later. */
function watchReceived (connection: MessageStream, hello: ServerHelloReader): () => void {
  const dispatch = connection.dispatchEvent.bind(connection)
  connection.dispatchEvent = event => {
    if (event.type === 'message') {
      const { data } = event as unknown as Pick<StreamMessageEvent, 'data'>
      hello.push(data.subarray())
    }
    return dispatch(event)
  }
  return () => { connection.dispatchEvent = dispatch }
}

/** Sees what goes out. */
function watchSent (connection: MessageStream, hello: ServerHelloReader): () => void {
  const send = connection.send.bind(connection)
  connection.send = data => {
    hello.push(data.subarray())
    return send(data)
  }
  return () => { connection.send = send }
}

/** libp2p's TLS 1.3, never below, as the last of a node's encrypters; not where the policy is `require`. */
export function tlsFallback (options: EncrypterOptions = {}): (components: TLSComponents) => ConnectionEncrypter {
  return components => new TlsFallback(components, options)
}
