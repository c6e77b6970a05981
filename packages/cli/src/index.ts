/**
 * @packageDocumentation
 *
 * The `peerwright` command as a function, for programs that start it themselves.
 *
 * @example
 *
 * ```ts
 * import { run } from '@peerwright/cli'
 *
 * await run(['spec', 'check', 'chain_spec.toml', '--json'])
 * ```
 */
export { run } from './main.ts'
