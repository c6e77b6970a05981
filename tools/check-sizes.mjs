// Lists hand-written source files that are getting long, and fails on those that are too long to read in one sitting.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const LISTED_ABOVE_LINES = 350
const REFUSED_ABOVE_LINES = 500
const FOLDERS = ['packages', 'tools', 'test', 'bench', 'examples']

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...FOLDERS], { encoding: 'utf8' })
  .split('\n')
  .filter(file => /\.(ts|mts|js|mjs|cjs)$/.test(file) && existsSync(file))

const long = files
  .map(file => ({ file, lines: readFileSync(file, 'utf8').trimEnd().split('\n').length }))
  .filter(({ lines }) => lines > LISTED_ABOVE_LINES)
  .sort((a, b) => b.lines - a.lines)

for (const { file, lines } of long) {
  console.log(`${lines > REFUSED_ABOVE_LINES ? 'too long' : 'long'}: ${file} has ${lines} lines`)
}

console.log(`${files.length} source files, ${long.length} over ${LISTED_ABOVE_LINES} lines`)

if (long.some(({ lines }) => lines > REFUSED_ABOVE_LINES)) {
  console.error(`Split the files that are over ${REFUSED_ABOVE_LINES} lines.`)
  process.exit(1)
}
