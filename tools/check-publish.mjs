// Looks at every package that is published the way a user's tools will: publint reads its manifest and files, attw resolves
// and type-checks it under each module system. Both look at the packed files, so build first.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const published = readdirSync('packages')
  .map(name => `packages/${name}`)
  .filter(folder => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private !== true)

const run = (script, args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`node_modules/${script}`, ...args], { encoding: 'utf8' })

  if (status !== 0) {
    console.error(`${script} ${args.join(' ')}\n${stdout}${stderr}`)
  }

  return status === 0
}

const faulty = published.filter(folder => {
  const lint = run('publint/src/cli.js', [folder, '--strict'])
  const types = run('@arethetypeswrong/cli/dist/index.js', ['--pack', folder, '--profile', 'esm-only', '--format', 'ascii'])

  return !lint || !types
})

if (faulty.length > 0) {
  console.error(`not fit to publish: ${faulty.join(', ')}`)
  process.exit(1)
}

console.log(`${published.length} packages are fit to publish`)
