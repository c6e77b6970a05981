/** The command line or a configuration is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name: 'UsageError' = 'UsageError' as const
}
