#!/usr/bin/env node
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/main.js', import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 12)) {
  console.error(`peerwright needs Node 22.12 or newer; this is ${process.versions.node}`)
  process.exitCode = 2
} else if (!existsSync(fileURLToPath(main))) {
  console.error('peerwright is not built yet: run "npm run build" first')
  process.exitCode = 2
} else {
  const { run } = await import(main.href)
  await run(process.argv.slice(2))
}
