import type { ConnectionEncrypter, Logger, PrivateKey, StreamMuxerFactory } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { noise, pqNoise } from '../../src/index.ts'

/** Makes an encrypter for the node of a key. */
export type Make = (privateKey: PrivateKey, muxers?: readonly string[]) => ConnectionEncrypter

/** Says nothing of its own. */
export const { log }: { log: Logger } = multiaddrConnectionPair()[0]

/** What libp2p gives an encrypter; of any version's types. `encrypters` is asked anew for each list. */
export const components = (privateKey: PrivateKey, muxers: readonly string[] = ['/yamux/1.0.0'], encrypters: () => readonly string[] = () => []): never => ({
  privateKey,
  logger: { forComponent: () => log },
  upgrader: {
    getStreamMuxers: () => new Map(muxers.map(name => [name, { protocol: name } as StreamMuxerFactory])),
    getConnectionEncrypters: () => new Map(encrypters().map(name => [name, undefined]))
  }
}) as never

/** Our own encrypters, by name. */
export const OURS: readonly (readonly [string, Make])[] = [
  ['noise', (key, muxers) => noise()(components(key, muxers))],
  ['pqNoise', (key, muxers) => pqNoise()(components(key, muxers))]
]
