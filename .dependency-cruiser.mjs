import { readdirSync, readFileSync } from 'node:fs'
import { floors, libp2pValueFiles, purePackages, siblings, testSupport } from './tools/floors.mjs'

const packages = readdirSync('packages')
const floorOf = new Map(floors.flatMap((names, floor) => names.map(name => [name, floor])))
const homeless = packages.filter(name => !floorOf.has(name))

if (homeless.length > 0) {
  throw new Error(`no floor in tools/floors.mjs for: ${homeless.join(', ')}`)
}

const escape = text => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const anyOf = names => `^packages/(${names.map(escape).join('|')})/`
const isAllowed = (from, to) => from === to || floorOf.get(to) < floorOf.get(from) ||
  siblings.some(pair => pair.from === from && pair.to === to)

// A package's doors: the source file behind each of its exports.
const doors = packages.flatMap(name => {
  const { exports = {} } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'))

  return Object.values(exports).flatMap(entry => entry.source === undefined
    ? []
    : [`^${escape(`packages/${name}/${entry.source.replace('./', '')}`)}$`])
})

const floorRules = packages.map(name => ({
  name: `floor-of-${name}`,
  comment: `${name} imports only from floors below its own (tools/floors.mjs); siblings meet in interface`,
  severity: 'error',
  from: { path: `^packages/${name}/(src|test|bench)/` },
  to: {
    path: '^packages/',
    // Tests may use the test support whatever their floor; the rule test-support-in-source keeps it out of src.
    pathNot: anyOf([...packages.filter(other => isAllowed(name, other)), testSupport])
  }
}))

const siblingTypeRules = siblings.filter(pair => pair.typesOnly).map(({ from, to }) => ({
  name: `${from}-takes-only-types-of-${to}`,
  severity: 'error',
  from: { path: `^packages/${from}/src/` },
  to: { path: `^packages/${to}/`, dependencyTypesNot: ['type-only'] }
}))

const pureRules = purePackages.flatMap(({ name, except }) => [
  {
    name: `pure-${name}`,
    comment: `${name} computes and does nothing else: no Node core modules`,
    severity: 'error',
    from: {
      path: `^packages/${name}/src/`,
      pathNot: except.map(({ file }) => `^packages/${name}/src/${escape(file)}$`)
    },
    to: { dependencyTypes: ['core'] }
  },
  ...except.filter(({ modules }) => modules !== undefined).map(({ file, modules }) => ({
    name: `pure-${name}-${file}`,
    comment: `${file} of ${name} may use only these core modules: ${modules.join(', ')}`,
    severity: 'error',
    from: { path: `^packages/${name}/src/${escape(file)}$` },
    // A core module appears here without its "node:" prefix.
    to: { dependencyTypes: ['core'], pathNot: `^(${modules.join('|')})$` }
  }))
])

export default {
  forbidden: [
    ...floorRules,
    ...siblingTypeRules,
    ...pureRules,
    {
      name: 'test-support-in-source',
      comment: 'testing is private: what users install cannot import it',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: `^packages/${testSupport}/` },
      to: { path: `^packages/${testSupport}/` }
    },
    {
      name: 'deep-import',
      comment: 'other packages are entered through their exports',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', ...doors] }
    },
    {
      name: 'deep-import-from-root',
      comment: 'test/, bench/ and examples/ enter packages through their exports too',
      severity: 'error',
      from: { path: '^(test|bench|examples)/' },
      to: { path: '^packages/', pathNot: doors }
    },
    {
      name: 'by-path-into-another-package',
      comment: 'write @peerwright/name: a relative path does not survive publishing',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] }
    },
    {
      name: 'source-imports-test',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: ['^packages/[^/]+/(test|bench)/', '^(test|bench)/'] }
    },
    {
      name: 'libp2p-value',
      comment: 'libp2p values stay at the seams (libp2pValueFiles in tools/floors.mjs); elsewhere: import type',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: libp2pValueFiles },
      to: { path: 'node_modules/(@libp2p|libp2p|@chainsafe/libp2p-[^/]+)/', dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'undeclared-dependency',
      comment: 'hoisting makes it work here; it fails for whoever installs the package',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] }
    },
    {
      name: 'cycle',
      severity: 'error',
      from: {},
      // A cycle of types disappears at run time and is often the honest shape of two types that name each other.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    },
    {
      name: 'unresolvable',
      severity: 'error',
      // What is tried against software of others installs it when it runs, in its own folder.
      from: { pathNot: '^test/interop/' },
      to: { couldNotResolve: true }
    }
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    // Only our own build: most of libp2p lives in a dist folder too, and excluding that would hide every import of it.
    exclude: { path: ['^packages/[^/]+/dist/', '^node_modules/\\.cache/', '^docs/api/', '^coverage/'] },
    // Without "source" the workspaces resolve to dist, and nothing is found before a build.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mts', '.d.ts', '.js', '.mjs', '.cjs', '.json']
    }
  }
}
