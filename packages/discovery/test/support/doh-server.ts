import { once } from 'node:events'
import { createSecureServer, type Http2Session } from 'node:http2'
import { freePort, loopbackIp } from './loopback.ts'

/** A certificate for `doh.test` and 127.0.0.1 that is good until 2126, and its key. For these tests only: it protects nothing. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUPgKta1B9CaZ7mpphfkkYxpJI8RkwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIZG9oLnRlc3QwIBcNMjYxMTIxMDU1NjQ1WhgPMjEyNjEwMjgw
NTU2NDVaMBMxETAPBgNVBAMMCGRvaC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAERy62m6pSYqUFrowIRTsnRgfKEZnGPvekjJUhinqjtSN+6T1u7FCyQN5L
i6QykvW7GTJxxH3UJihxAKCRCP8fz6NuMGwwHQYDVR0OBBYEFOMdMUfuOPWoqXJq
rziDq77C8WkwMB8GA1UdIwQYMBaAFOMdMUfuOPWoqXJqrziDq77C8WkwMA8GA1Ud
EwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIIZG9oLnRlc3SHBH8AAAEwCgYIKoZIzj0E
AwIDSAAwRQIhANu48rb9PtvG06+dJzIs18R4SlOpjCbUaKCr8l2vksLSAiAgG8tV
ul3DRMaz9gaJP3VqRMxu/SU2seWYZqI3W+sJEw==
-----END CERTIFICATE-----
`

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgloUxArk8+tMoGMjy
H9OLQX/h2wGil+azxPUuKyNGzcOhRANCAARHLrabqlJipQWujAhFOydGB8oRmcY+
96SMlSGKeqO1I37pPW7sULJA3kuLpDKS9bsZMnHEfdQmKHEAoJEI/x/P
-----END PRIVATE KEY-----
`

/** What a server of DNS over HTTPS answers to a query. */
export interface DohAnswer {
  readonly status?: number
  readonly type?: string
  readonly body: Uint8Array
}

/** A server of DNS over HTTPS (RFC 8484) that answers as it is told. */
export interface DohServer {
  readonly ip: string
  readonly port: number
  /** Methods, paths and types of the requests so far */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** @param answer - undefined keeps silent */
export async function startDohServer (answer: (query: Uint8Array) => Promise<DohAnswer | undefined> | DohAnswer | undefined, ip = loopbackIp()): Promise<DohServer> {
  const port = await freePort(ip)
  const requests: string[] = []
  const sessions = new Set<Http2Session>()
  const server = createSecureServer({ key: KEY, cert: CERTIFICATE })
  server.on('session', session => { sessions.add(session) })
  server.on('stream', (stream, headers) => {
    requests.push(`${headers[':method'] ?? ''} ${headers[':path'] ?? ''} ${headers['content-type'] ?? ''}`)
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      void Promise.resolve(answer(Buffer.concat(chunks))).then(found => {
        if (found !== undefined && !stream.destroyed) {
          stream.respond({ ':status': found.status ?? 200, 'content-type': found.type ?? 'application/dns-message' })
          stream.end(found.body)
        }
      })
    })
  })
  server.listen(port, ip)
  await once(server, 'listening')
  return {
    ip,
    port,
    requests,
    close: async () => {
      sessions.forEach(session => { session.destroy() })
      server.close()
      await once(server, 'close')
    }
  }
}
