import { connect, constants } from 'node:http2'
import { MAX_HTTPS_ANSWER_BYTES } from './constants.ts'
import { type DnsExchange, settle } from './dns-transport.ts'
import type { DnsErrorCode } from './errors.ts'

const MEDIA_TYPE = 'application/dns-message'

/** Where servers take queries when nothing else is told (RFC 8484, 4.1.1 leaves it to a template; all large ones use this). */
const DEFAULT_PATH = '/dns-query'

/** What OpenSSL and Node call a certificate that is not to be trusted. */
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/

/**
 * Over HTTPS (RFC 8484), one HTTP/2 connection a query, by POST so that no cache keeps what was asked. The address is an IP; the
 * certificate must be of `serverName`, or of that IP when none is given.
 */
export const httpsExchange: DnsExchange = async (resolver, query, signal, accepts) => {
  const { ip, port } = resolver
  const { path = DEFAULT_PATH, serverName, ca } = resolver.transport === 'https' ? resolver : {}
  const session = connect(`https://${ip.includes(':') ? `[${ip}]` : ip}:${port}`, {
    settings: { enablePush: false },
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca: [...ca] })
  })
  try {
    return await settle(resolver, signal, () => 'aborted', ({ done, fail }) => {
      session.on('error', error => { fail(codeOf(error), error) })
      session.on('close', () => { fail('unreachable') })
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: constants.HTTP2_METHOD_POST,
        [constants.HTTP2_HEADER_PATH]: path,
        [constants.HTTP2_HEADER_ACCEPT]: MEDIA_TYPE,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: MEDIA_TYPE,
        [constants.HTTP2_HEADER_CONTENT_LENGTH]: query.length
      })
      const chunks: Uint8Array[] = []
      let size = 0
      stream.on('error', error => { fail(codeOf(error), error) })
      stream.on('response', headers => {
        if (Number(headers[constants.HTTP2_HEADER_STATUS]) !== constants.HTTP_STATUS_OK) {
          fail('http-status')
        } else if (mediaTypeOf(headers[constants.HTTP2_HEADER_CONTENT_TYPE]) !== MEDIA_TYPE) {
          fail('malformed')
        }
      })
      stream.on('data', (chunk: Uint8Array) => {
        size += chunk.length
        if (size > MAX_HTTPS_ANSWER_BYTES) {
          fail('malformed')
        } else {
          chunks.push(chunk)
        }
      })
      stream.on('end', () => {
        const answer = Buffer.concat(chunks)
        if (accepts(answer)) {
          done(answer)
        } else {
          fail('mismatch')
        }
      })
      stream.end(query)
    })
  } finally {
    session.destroy()
  }
}

/** A type without its parameters; its case says nothing (RFC 9110, 8.3.1). */
function mediaTypeOf (contentType: string | readonly string[] = ''): string | undefined {
  return String(contentType).split(';', 1)[0]?.trim().toLowerCase()
}

/** A stream that ends with its connection has the connection's error as its cause. */
function codeOf (error: unknown): DnsErrorCode {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error
  return inner instanceof Error && 'code' in inner && CERTIFICATE_ERROR.test(String(inner.code)) ? 'untrusted' : 'unreachable'
}
