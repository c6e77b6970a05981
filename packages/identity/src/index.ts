/**
 * @packageDocumentation
 *
 * Who is a peer?
 */
export { deriveSeed } from './derived-seed.ts'
export { derivedSecret, type DsaSecret, freshSecret, MAX_EPOCH, rotatedSecret } from './dsa-secret.ts'
export { readKeyFile, writeKeyFile } from './key-file.ts'
export { loadSuites, SUITES, type Suites } from './suites.ts'
