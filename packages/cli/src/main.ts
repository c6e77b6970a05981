/**
 * The `peerwright` command.
 *
 * @packageDocumentation
 */
import process from 'node:process'
import { SpecError } from '@peerwright/chain-spec'
import { OperationError, PeerFault } from '@peerwright/core'
import { parseCommand } from './command-line.ts'
import { INTERRUPTED, interruptSignal } from './interrupt.ts'
import { Output } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Exit codes: done, failed, usage or configuration. */
const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2

/** Runs the command and sets the exit code of the process. */
export async function run (args: readonly string[]): Promise<void> {
  const output = new Output(args.includes('--json'))
  const code = await execute(args, output)
  process.exitCode = output.broken ? FAILED : code
}

async function execute (args: readonly string[], output: Output): Promise<number> {
  const { signal, abort, release } = interruptSignal()
  output.watch(() => {
    process.exitCode = FAILED
    abort()
  })
  try {
    await dispatch(args, output, signal)
    return DONE
  } catch (error) {
    if (signal.aborted) {
      output.result({ ok: false, code: 'interrupted', message: 'interrupted' }, 'interrupted')
      return INTERRUPTED
    }
    return report(error, output)
  } finally {
    release()
  }
}

/** Each command loads what it needs, when it is called: help must not wait for a node. */
async function dispatch (args: readonly string[], output: Output, signal: AbortSignal): Promise<void> {
  const command = parseCommand(args)
  switch (command.name) {
    case 'help':
    case 'version':
      output.text(command.text)
      return
    case 'demo': {
      const { demo, summary } = await import('./demo/demo.ts')
      const result = await demo(command.options, output, signal)
      output.result(result, summary(result))
      return
    }
    case 'start':
      await (await import('./start.ts')).start(command.options, output, signal)
      return
    case 'import':
      await (await import('./import.ts')).importFiles(command.options, output, signal)
      return
    case 'ports':
      await (await import('./ports.ts')).ports(command.options, output)
      return
    case 'doctor':
      await (await import('./doctor.ts')).doctor(command.options, output)
      return
    case 'simulate':
      await (await import('./simulate.ts')).simulate(command.options, output, signal)
      return
    case 'withdraw':
      await (await import('./withdrawal.ts')).writeStatement(command.options, output)
      return
    case 'spec check':
      await (await import('./spec.ts')).checkSpec(command.file, output)
      return
    case 'store repair':
      await (await import('./store.ts')).repairStore(command.data, output)
      return
    case 'store reset':
      await (await import('./store.ts')).resetStore(command.data, output)
  }
}

function report (error: unknown, output: Output): number {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UsageError) {
    output.result({ ok: false, code: 'usage', message }, `peerwright: ${message}\nTry "peerwright --help".`)
    return WRONG_USAGE
  }
  if (error instanceof SpecError) {
    output.result({ ok: false, code: error.code, message, issues: error.issues }, `peerwright: ${message}`)
    return WRONG_USAGE
  }
  const code = error instanceof OperationError || error instanceof PeerFault ? error.code : 'unexpected'
  output.result({ ok: false, code, message }, `peerwright: ${message}`)
  return code === 'invalid-option' ? WRONG_USAGE : FAILED
}
