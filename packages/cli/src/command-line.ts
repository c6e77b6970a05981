import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { DemoOptions } from './demo/demo.ts'
import type { DoctorOptions } from './doctor.ts'
import { COMMANDS, HELP, VERSION } from './help.ts'
import type { ImportCommand } from './import.ts'
import type { PortsOptions } from './ports.ts'
import type { SimulateOptions } from './simulate.ts'
import type { StartOptions } from './start.ts'
import { UsageError } from './usage-error.ts'
import type { WithdrawOptions } from './withdrawal.ts'

/** What the command line asks for. */
export type Command =
  | { readonly name: 'help' | 'version', readonly text: string }
  | { readonly name: 'demo', readonly options: DemoOptions }
  | { readonly name: 'start', readonly options: StartOptions }
  | { readonly name: 'import', readonly options: ImportCommand }
  | { readonly name: 'ports', readonly options: PortsOptions }
  | { readonly name: 'doctor', readonly options: DoctorOptions }
  | { readonly name: 'simulate', readonly options: SimulateOptions }
  | { readonly name: 'spec check', readonly file: string }
  | { readonly name: 'withdraw', readonly options: WithdrawOptions }
  | { readonly name: 'store repair' | 'store reset', readonly data: string }

/** Most blocks and seed nodes of a demonstration. Chosen: minutes and a laptop's memory. */
const MAX_BLOCKS = 50_000
const MAX_PEERS = 16

/** Most seeds of one call. Chosen: a night's work. */
const MAX_SEEDS = 1_000_000

/** Linux, include/linux/threads.h: PID_MAX_LIMIT. */
const MAX_PID = 4_194_304

const FLAGS = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** @throws UsageError */
export function parseCommand (given: readonly string[]): Command {
  // The one option that may stand before the command as well: it is the same for all
  const args = given[0] === '--json' ? given.slice(1) : given
  const asksHelp = args[0] === 'help'
  const words = args.filter(arg => !arg.startsWith('-')).slice(asksHelp ? 1 : 0)
  if (args.includes('--version')) {
    return { name: 'version', text: VERSION }
  }
  const name = COMMANDS.find(command => command.split(' ').every((word, at) => words[at] === word))
  if (asksHelp || args.includes('--help') || args.includes('-h') || args.length === 0) {
    return { name: 'help', text: HELP[name ?? 'peerwright'] ?? '' }
  }
  switch (name) {
    case 'demo':
      return { name, options: demoOptions(args.slice(1)) }
    case 'start':
      return { name, options: startOptions(args.slice(1)) }
    case 'import':
      return { name, options: importOptions(args.slice(1)) }
    case 'ports':
      return { name, options: portsOptions(args.slice(1)) }
    case 'doctor': {
      const { values } = parse(args.slice(1), { ...FLAGS, spec: { type: 'string' } })
      return { name, options: { spec: text(values['spec']) } }
    }
    case 'simulate':
      return { name, options: simulateOptions(args.slice(1)) }
    case 'withdraw':
      return { name, options: withdrawOptions(args.slice(1)) }
    case 'spec check': {
      const { positionals } = parse(args.slice(2), FLAGS, true)
      return { name, file: one(positionals, 'FILE') }
    }
    case 'store repair':
    case 'store reset': {
      const { values } = parse(args.slice(2), { ...FLAGS, data: { type: 'string' } })
      return { name, data: required(values['data'], '--data DIR') }
    }
    default:
      throw new UsageError(unknownCommand(words))
  }
}

function unknownCommand ([first, second]: readonly string[]): string {
  if (first === undefined) {
    return 'no command is given'
  }
  const longer = COMMANDS.filter(command => command.startsWith(`${first} `))
  return longer.length === 0
    ? `there is no command "${[first, second].filter(word => word !== undefined).join(' ').slice(0, 40)}"`
    : `"${first}" needs another word: ${longer.map(command => `"${command}"`).join(', ')}`
}

function demoOptions (args: readonly string[]): DemoOptions {
  const { values } = parse(args, {
    ...FLAGS, spec: { type: 'string' }, import: { type: 'string' }, blocks: { type: 'string' }, peers: { type: 'string' }, keep: { type: 'boolean' }
  })
  const importFile = text(values['import'])
  const spec = text(values['spec']) ?? 'bitcoin-regtest'
  if (importFile === undefined && spec !== 'bitcoin-regtest') {
    throw new UsageError('only bitcoin-regtest can be mined here: give the blocks of another chain with --import FILE')
  }
  return {
    spec, importFile, blocks: whole(values['blocks'], '--blocks', 2_000, MAX_BLOCKS), peers: whole(values['peers'], '--peers', 4, MAX_PEERS), keep: values['keep'] === true
  }
}

function startOptions (args: readonly string[]): StartOptions {
  const { values } = parse(args, {
    ...FLAGS,
    spec: { type: 'string' },
    data: { type: 'string' },
    genesis: { type: 'string' },
    listen: { type: 'string', multiple: true },
    connect: { type: 'string', multiple: true },
    pin: { type: 'string', multiple: true },
    forget: { type: 'string', multiple: true },
    withdrawal: { type: 'string', multiple: true }
  })
  return {
    spec: required(values['spec'], '--spec FILE|PRESET'),
    data: required(values['data'], '--data DIR'),
    genesis: text(values['genesis']),
    listen: texts(values['listen']),
    connect: texts(values['connect']),
    pin: texts(values['pin']),
    forget: texts(values['forget']),
    withdrawal: texts(values['withdrawal'])
  }
}

function withdrawOptions (args: readonly string[]): WithdrawOptions {
  const { values } = parse(args, { ...FLAGS, spec: { type: 'string' }, data: { type: 'string' }, out: { type: 'string' }, offer: { type: 'string', multiple: true } })
  return {
    spec: required(values['spec'], '--spec FILE|PRESET'),
    data: required(values['data'], '--data DIR'),
    out: required(values['out'], '--out FILE'),
    offer: texts(values['offer'])
  }
}

function importOptions (args: readonly string[]): ImportCommand {
  const { values, positionals } = parse(args, { ...FLAGS, spec: { type: 'string' }, data: { type: 'string' }, genesis: { type: 'string' } }, true)
  return {
    path: one(positionals, 'FILE or folder'),
    spec: required(values['spec'], '--spec FILE|PRESET'),
    data: required(values['data'], '--data DIR'),
    genesis: text(values['genesis'])
  }
}

function portsOptions (args: readonly string[]): PortsOptions {
  const { values } = parse(args, { ...FLAGS, spec: { type: 'string' }, pid: { type: 'string' }, firewall: { type: 'string' } })
  const pid = text(values['pid'])
  return { spec: required(values['spec'], '--spec FILE|PRESET'), pid: pid === undefined ? undefined : whole(pid, '--pid', 0, MAX_PID), firewall: text(values['firewall']) }
}

function simulateOptions (args: readonly string[]): SimulateOptions {
  const { values, positionals } = parse(args, { ...FLAGS, seed: { type: 'string' }, seeds: { type: 'string' }, trace: { type: 'boolean' } }, true)
  return {
    scenario: positionals.length === 0 ? undefined : one(positionals, 'SCENARIO'),
    seed: whole(values['seed'], '--seed', 1, Number.MAX_SAFE_INTEGER),
    seeds: whole(values['seeds'], '--seeds', 1, MAX_SEEDS),
    trace: values['trace'] === true
  }
}

type Values = Readonly<Record<string, string | boolean | Array<string | boolean> | undefined>>

function parse (args: readonly string[], options: NonNullable<ParseArgsConfig['options']>, allowPositionals = false): { values: Values, positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] ?? error.message : 'the options are wrong', { cause: error })
  }
}

function text (value: Values[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function texts (value: Values[string]): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function required (value: Values[string], name: string): string {
  const given = text(value)
  if (given === undefined || given === '') {
    throw new UsageError(`${name} is needed`)
  }
  return given
}

function one (positionals: readonly string[], name: string): string {
  const [first, ...more] = positionals
  if (first === undefined || more.length > 0) {
    throw new UsageError(`exactly one ${name} is needed`)
  }
  return first
}

function whole (value: Values[string], name: string, otherwise: number, highest: number): number {
  const given = text(value)
  const number = given === undefined ? otherwise : Number(given)
  if (!Number.isInteger(number) || number < 1 || number > highest) {
    throw new UsageError(`${name} must be a whole number from 1 to ${highest}`)
  }
  return number
}
