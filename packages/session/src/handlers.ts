import { invariant } from '@peerwright/core'
import type { LiveHandler, MessageOwner, RequestHandler } from '@peerwright/interface'
import { messageByType } from '@peerwright/protocol-messages'

/** Who handles what: each type of the message table has one owner, and nobody registers what is not its own. */
export class HandlerRegistry {
  readonly #live = new Map<number, LiveHandler>()
  readonly #requests = new Map<number, RequestHandler>()

  /** @throws InvariantError */
  register (owner: MessageOwner): void {
    for (const [type, handler] of Object.entries(owner.live ?? {})) {
      this.#add(this.#live, owner.owner, Number(type), 'live', handler)
    }
    for (const [type, handler] of Object.entries(owner.requests ?? {})) {
      this.#add(this.#requests, owner.owner, Number(type), 'bulk', handler)
    }
  }

  live (type: number): LiveHandler | undefined {
    return this.#live.get(type)
  }

  request (type: number): RequestHandler | undefined {
    return this.#requests.get(type)
  }

  #add<H> (handlers: Map<number, H>, owner: string, type: number, stream: 'live' | 'bulk', handler: H): void {
    const message = messageByType(type)
    invariant(message !== undefined, `type ${type} is not in the message table`)
    invariant(message.stream === stream, `${message.name} does not travel on the ${stream} stream`)
    invariant(message.owner === owner, `${message.name} belongs to ${message.owner}, not to ${owner}`)
    invariant(!handlers.has(type), `${message.name} has a handler already`)
    handlers.set(type, handler)
  }
}
