// Type-checks every ```ts block of README.md, docs/ and packages/*/README.md, and of every doc comment in packages/*/src.
// Each block becomes a module of one temporary project; faults are reported at their place in the document.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

const project = resolve('node_modules/.cache/check-docs')
const faults = []

const lineOf = (text, index) => text.slice(0, index).split('\n').length

/** The ts blocks of Markdown text, with the line in the document on which each block's code begins. */
function blocksOf (markdown, firstLine = 1) {
  const fence = /^([ \t]*)```(?:ts|typescript)\b[^\n]*\n([\s\S]*?)^[ \t]*```[ \t]*$/gm

  return [...markdown.matchAll(fence)].map(({ 0: whole, 2: code, index }) => ({
    code,
    line: firstLine + lineOf(markdown, index + whole.indexOf('\n'))
  }))
}

/** The ts blocks in the doc comments of a source file. */
function blocksOfComments (file, source) {
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const text = comment.replace('/**', '   ').replace(/\*\/$/, '').replaceAll(/^[ \t]*\* ?/gm, '')
    const line = lineOf(source, index)

    for (const example of text.matchAll(/^[ \t]*@example\b([\s\S]*?)(?=^[ \t]*@\w|(?![\s\S]))/gm)) {
      if (!example[1].includes('```')) {
        faults.push(`${file}:${line + lineOf(text, example.index) - 1}: @example without a \`\`\`ts block is not checked`)
      }
    }

    return blocksOf(text, line)
  })
}

const documents = ['README.md', ...globSync(['docs/**/*.md', 'packages/*/README.md'])]
  .filter(file => existsSync(file) && !/^docs[\\/]api[\\/]/.test(file))
const sources = globSync('packages/*/src/**/*.ts')
const blocks = [
  ...documents.flatMap(file => blocksOf(readFileSync(file, 'utf8')).map(block => ({ file, ...block }))),
  ...sources.flatMap(file => blocksOfComments(file, readFileSync(file, 'utf8')).map(block => ({ file, ...block })))
]

rmSync(project, { recursive: true, force: true })
mkdirSync(project, { recursive: true })
writeFileSync(join(project, 'package.json'), '{ "type": "module" }\n')

const byFile = new Map(blocks.map((block, index) => {
  const path = join(project, `block-${index}.ts`)

  // Without this line a block that imports nothing would be a script, and its names would meet those of other blocks.
  writeFileSync(path, `${block.code}\nexport {}\n`)

  return [path.replaceAll('\\', '/'), block]
}))

const { options, errors } = ts.parseJsonConfigFileContent({
  extends: resolve('tsconfig.base.json'),
  compilerOptions: {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    allowImportingTsExtensions: true,
    // A document shows code to people: it may name what it does not go on to use, and leave out what does not matter.
    noImplicitReturns: false
  },
  files: [...byFile.keys()]
}, ts.sys, project)

const program = ts.createProgram([...byFile.keys()], options)

for (const diagnostic of [...errors.filter(({ code }) => code !== 18002), ...ts.getPreEmitDiagnostics(program)]) {
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ')
  const block = byFile.get(diagnostic.file?.fileName)

  if (block === undefined) {
    faults.push(`${diagnostic.file?.fileName ?? 'configuration'}: ${message}`)
  } else {
    const { line } = ts.getLineAndCharacterOfPosition(diagnostic.file, diagnostic.start)

    faults.push(`${block.file}:${block.line + line}: ${message}`)
  }
}

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}

console.log(`${blocks.length} blocks in ${documents.length} documents and ${sources.length} source files type-check`)
