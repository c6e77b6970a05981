import type { RegistryChange } from '@peerwright/interface'

/** Who hears of the changes of a registry. */
export class Watchers {
  readonly #observers = new Set<(change: RegistryChange) => void>()

  /** @returns a function that ends the subscription */
  add (observer: (change: RegistryChange) => void): () => void {
    // One function may subscribe twice, and each of its subscriptions ends on its own
    const subscription = (change: RegistryChange): void => { observer(change) }
    this.#observers.add(subscription)
    return () => { this.#observers.delete(subscription) }
  }

  tell (changes: readonly RegistryChange[]): void {
    for (const observer of [...this.#observers]) {
      changes.forEach(observer)
    }
  }
}
