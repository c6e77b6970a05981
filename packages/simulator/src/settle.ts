/** Lets everything that is ready run: promises, and what they lead to. Whoever waits for a timer or for the outside waits on. */
export async function settle (): Promise<void> {
  await new Promise<void>(resolve => { setImmediate(resolve) })
}
