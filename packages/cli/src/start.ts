import { extendProfile } from '@peerwright/chain-spec'
import { openChainStore } from '@peerwright/chain-store'
import { toHex } from '@peerwright/core'
import { createNode } from '@peerwright/node'
import { spkiPin } from '@peerwright/transport'
import { chainParamsOf, profileOf } from './chain-params.ts'
import { ChannelMemory } from './channel-memory.ts'
import { chainFolder, identityOf } from './data-folder.ts'
import { KnownKeys } from './known-keys.ts'
import type { Output } from './output.ts'
import { pinFrom } from './pin.ts'
import { targetOf } from './target.ts'
import { UsageError } from './usage-error.ts'
import { withdraw } from './withdrawal.ts'

/** What `peerwright start` is told. */
export interface StartOptions {
  readonly spec: string
  readonly data: string
  readonly genesis: string | undefined
  readonly listen: readonly string[]
  readonly connect: readonly string[]
  /** Who must answer at an address: `ADDR=PIN` */
  readonly pin: readonly string[]
  /** Peers that are no longer held to the hybrid channel they had */
  readonly forget: readonly string[]
  /** Files with statements of peers that they will not offer the hybrid any more */
  readonly withdrawal: readonly string[]
}

/** How often a running node says where it stands, in milliseconds. */
const STATUS_MS = 10_000

/** Runs a node until it is interrupted. @throws UsageError, SpecError, OperationError */
export async function start (options: StartOptions, output: Output, signal: AbortSignal): Promise<void> {
  const base = await profileOf(options.spec)
  const listen = options.listen.map(text => ({ ...hostPort(text, '--listen', base.policy.defaultPort) }))
  const peers = options.connect.map(text => targetOf(text, '--connect', base.policy.defaultPort))
  const pins = options.pin.map(text => pinFrom(text, base.policy.defaultPort))
  const params = await chainParamsOf(base, options.genesis)
  const profile = listen.length === 0 ? base : extendProfile(base, { policy: { listen } })
  const privateKey = await identityOf(options.data)
  const [channels, keys] = [await ChannelMemory.open(options.data), await KnownKeys.open(options.data)]
  for (const peer of options.forget) {
    if (!channels.memory.forget(peer)) {
      throw new UsageError(`--forget: ${JSON.stringify(peer.slice(0, 64))} is no peer that had a hybrid channel`)
    }
  }
  for (const path of options.withdrawal) {
    await withdraw(path, { profile, memory: channels.memory, pins: keys.pins, nowMs: Date.now() })
  }
  await channels.save()
  const chain = await openChainStore({ location: chainFolder(options.data), params })
  try {
    const event = (name: string, fields: object, text: string): void => {
      if (output.json) {
        output.result({ event: name, ...fields }, '')
      } else {
        output.say(text)
      }
    }
    /** Codes of inbound refusals that were told since the last status */
    const told = new Set<string>()
    /** Why the last dial of each peer of `--connect` failed */
    const failed = new Map<string, string>()
    const node = await createNode({
      spec: profile,
      chain,
      privateKey,
      peers,
      pins,
      dataDir: options.data,
      log: line => { event('admission', { line }, line) },
      stickyMemory: channels.memory,
      ...(profile.policy.channels.pqAuth === 'off' ? {} : { identity: { pins: keys.pins } }),
      onRefusedChannel: refused => {
        // Strangers decide how often they are refused, not how often it is told
        if (refused.direction === 'outbound' || !told.has(refused.code)) {
          told.add(refused.code)
          event('channel-refused', refused, `a channel was refused: ${refused.advice ?? `${refused.code} (${refused.protocol}, ${refused.direction})`}`)
        }
      }
    })
    node.sync.observe({
      phase: (phase, { height, headerHeight }) => { event('phase', { phase, height, headerHeight }, `${phase}: height ${height}, headers ${headerHeight}`) },
      peerFailed: (peerId, reason) => { event('peer-failed', { peerId, reason }, `dropped ${peerId}: ${reason}`) },
      reorg: to => { event('reorg', { id: to.id, height: to.height }, `reorganisation down to ${to.height}`) }
    })
    node.discovery.observe({
      sourceFailed: (source, code) => { event('source-failed', { source, code }, `${source}: ${code}`) },
      connected: ({ address }) => {
        failed.delete(address.toString())
        event('connected', { address: address.toString() }, `connected to ${address.toString()}`)
      },
      dialFailed: ({ address }, code) => {
        const to = address.toString()
        // It is tried again and again: the operator hears of what he asked for, and when it is another reason than before
        if (peers.some(peer => peer.address.equals(address)) && failed.get(to) !== code) {
          failed.set(to, code)
          event('connect-failed', { address: to, code }, `could not connect to ${to}: ${code}`)
        }
      }
    })
    node.network.observe({
      opened: ({ peerId, direction, address, channel }) => {
        const { channelBinding, ...facts } = channel
        event('session', {
          peerId, direction, address: address.toString(), channel: { ...facts, ...channelBinding === undefined ? {} : { channelBinding: toHex(channelBinding) } }
        }, `session with ${peerId} over ${channel.protocol}, ${channel.pq ? 'post-quantum' : 'classical'}`)
      }
    })
    await node.start()
    event('started', { peerId: node.network.localPeer, pin: spkiPin(privateKey.publicKey), networkId: node.profile.networkId, ports: node.describePorts() },
      `Node ${node.network.localPeer} of ${profile.name} runs; stop it with Ctrl-C.`)
    const status = setInterval(() => {
      const { phase, height, headerHeight, presyncHeight, bytes } = node.sync.progress()
      told.clear()
      event('status', { phase, height, headerHeight, presyncHeight, bytes, sessions: node.network.sessions().length, refusedChannels: node.refusedChannels() },
        `${phase}: height ${height} of ${headerHeight}${presyncHeight === 0 ? '' : `, ${presyncHeight} headers looked at`}, ${node.network.sessions().length} peers`)
      channels.save().then(async () => { await keys.save() }).catch((error: unknown) => {
        event('memory-unsaved', { message: messageOf(error) }, `channels.json or pins.bin: ${messageOf(error)}`)
      })
    }, STATUS_MS)
    await new Promise<void>(resolve => {
      if (signal.aborted) {
        resolve()
      }
      signal.addEventListener('abort', () => { resolve() }, { once: true })
    })
    clearInterval(status)
    await node.stop()
    await channels.save()
    await keys.save()
    event('stopped', {}, 'Stopped.')
  } finally {
    await chain.close()
  }
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function hostPort (text: string, option: string, defaultPort: number): { ip: string, port: number } {
  const { address } = targetOf(text, option, defaultPort)
  return { ip: address.host, port: address.port }
}
