import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Whether processes can be kept on one core each. */
export const CAN_PIN: boolean = hasTaskset()

function hasTaskset (): boolean {
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' })
    return availableParallelism() > 1
  } catch {
    return false
  }
}

/** A part of a benchmark in a process of its own, on one core where that can be had. @param file - in `bench/support`; `nodeFlags` come on top of what all have */
export function pinned (file: string, core: number, args: readonly string[], nodeFlags: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const flags = ['--expose-gc', '--conditions=source', ...nodeFlags]
  return CAN_PIN
    ? fork(path, args, { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...flags] })
    : fork(path, args, { execArgv: flags })
}

/** The next thing that a process says. */
export async function told<T> (child: ChildProcess): Promise<T> {
  return await new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => { reject(new Error(`a process ended with ${code ?? 'a signal'}`)) }
    child.once('exit', onExit)
    child.once('message', value => {
      child.off('exit', onExit)
      resolve(value as T)
    })
  })
}

/** Tells a process something and waits for its answer. */
export async function ask<T> (child: ChildProcess, what: string): Promise<T> {
  const answer = told<T>(child)
  child.send(what)
  return await answer
}

/** Ends a process that ends when its channel does. */
export async function end (child: ChildProcess): Promise<void> {
  const over = new Promise<void>(resolve => { child.once('exit', () => { resolve() }) })
  child.disconnect()
  await over
}
