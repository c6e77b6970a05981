/**
 * The floors of the house, in one place: the import rules (.dependency-cruiser.mjs) and the lint rules (eslint.config.js)
 * read them from here. A package may import only from floors below its own.
 */
export const floors = [
  ['core', 'interface'],
  ['chain-spec', 'protocol-messages', 'crypto', 'testing'],
  ['identity', 'peer-scoring', 'address-book', 'chain-store'],
  ['transport', 'security'],
  ['session'],
  ['discovery', 'peer-manager', 'sync', 'relay', 'telemetry', 'nat'],
  ['control'],
  ['node'],
  ['simulator'],
  ['cli']
]

/**
 * The two exceptions on one floor: `interface` may name the types of `core`, and `testing`, which is private and is
 * imported by tests only, may use the messages.
 */
export const siblings = [
  { from: 'interface', to: 'core', typesOnly: true },
  { from: 'testing', to: 'protocol-messages', typesOnly: false }
]

/** Test support: reachable from `test` folders, never from the source of a package that users install. */
export const testSupport = 'testing'

/**
 * Packages that compute and do nothing else: no Node core modules and no libp2p values. `except` lists the files that are
 * the seam to the outside, and the core modules each of them may use (none listed: all of them).
 */
export const purePackages = [
  { name: 'core', except: [{ file: 'clock.ts' }, { file: 'random.ts' }] },
  { name: 'interface', except: [] },
  { name: 'protocol-messages', except: [{ file: 'hash.ts', modules: ['crypto'] }] },
  { name: 'chain-spec', except: [{ file: 'load-file.ts' }, { file: 'hash.ts', modules: ['crypto'] }] }
]

/** Where libp2p values may be imported; everywhere else only its types. Regular expressions on the path in the repository. */
export const libp2pValueFiles = [
  '^packages/[^/]+/src/service\\.ts$',
  '^packages/transport/src/',
  '^packages/session/src/[^/]*(connection|stream)[^/]*\\.ts$',
  '^packages/node/src/',
  // libp2p itself is what it plays
  '^packages/simulator/src/virtual-[^/]+\\.ts$',
  '^packages/simulator/src/peer-ids\\.ts$',
  // The key of a PeerId: read, and its signatures checked, as libp2p has them
  '^packages/identity/src/identity-key\\.ts$',
  // The identity of a node that the command runs: made and read with libp2p's keys
  '^packages/cli/src/data-folder\\.ts$'
]
