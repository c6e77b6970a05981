// Fails when a file names a package registry's host: clones install from whichever registry their own npm is set to.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'

// Written with classes and escapes so that this file does not match itself.
const hosts = [
  /\bregistry\.[\w-]+\.(org|com|io|dev|net|cn)\b/i,
  /\bnpmjs\.(org|com)\b/i,
  /\b(npm|maven|nuget)\.pkg\.github\b/i,
  /\bnpm\.jsr\.io\b/i,
  /"resolved": "https?:/
]

// The registry that npm uses on this machine, when it is not the default: a lock made here could carry it.
const own = process.env.npm_config_registry

if (own !== undefined) {
  hosts.push(new RegExp(new URL(own).host.replaceAll('.', '\\.'), 'i'))
}

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter(file => file !== '' && existsSync(file) && statSync(file).isFile())
let found = 0

for (const file of files) {
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (hosts.some(host => host.test(line))) {
      found++
      console.error(`${file}:${index + 1}: ${line.trim().slice(0, 120)}`)
    }
  }
}

if (found > 0) {
  console.error('These lines name a package registry. In a lock: set omit-lockfile-registry-resolved=true in your npmrc and lock again.')
  process.exit(1)
}

console.log(`${files.length} files, no registry named`)
