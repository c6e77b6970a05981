// Project references are written by hand: fails when one is missing, for then `tsc -b` would skip a project or build stale.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'

const read = file => JSON.parse(readFileSync(file, 'utf8'))
const references = folder => (read(join(folder, 'tsconfig.json')).references ?? [])
  .map(({ path }) => normalize(join(folder, path)).replaceAll('\\', '/'))
const packages = readdirSync('packages').map(name => `packages/${name}`)
const faults = []

const projects = [...packages, ...packages.map(folder => `${folder}/test`), 'test', 'bench', 'examples']
  .filter(folder => existsSync(join(folder, 'tsconfig.json')))
const root = references('.')

for (const folder of projects.filter(folder => !root.includes(folder))) {
  faults.push(`tsconfig.json does not reference ${folder}`)
}

for (const folder of packages) {
  const { dependencies = {} } = read(join(folder, 'package.json'))
  const wanted = Object.keys(dependencies)
    .filter(name => name.startsWith('@peerwright/'))
    .map(name => name.replace('@peerwright/', 'packages/'))
  const written = references(folder)

  for (const missing of wanted.filter(name => !written.includes(name))) {
    faults.push(`${folder}/tsconfig.json does not reference ${missing}, which its package.json depends on`)
  }

  for (const extra of written.filter(name => !wanted.includes(name))) {
    faults.push(`${folder}/tsconfig.json references ${extra}, which its package.json does not depend on`)
  }
}

for (const folder of ['test', 'bench', 'examples'].filter(folder => existsSync(folder) && !projects.includes(folder))) {
  faults.push(`${folder} has no tsconfig.json, so nothing type-checks it`)
}

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}

console.log(`${projects.length} TypeScript projects, all referenced`)
