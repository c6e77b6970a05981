// bcoin's native add-ons are of 2018 and do not compile on today's Node. Its packages name, for browsers, the file of plain
// JavaScript that stands in for each: where they have no such choice of their own, this loader follows that list.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** bcrypto is not among them: it falls back to node:crypto by itself. */
const NATIVE = ['bdb', 'bsip', 'bstring', 'mrmr']

const modules = fileURLToPath(new URL('node_modules/', import.meta.url))

const standIns = new Map(NATIVE.flatMap(name => {
  const { browser } = JSON.parse(readFileSync(`${modules}${name}/package.json`, 'utf8'))

  return Object.entries(browser).map(([native, plain]) => [`${name}/${native.slice(2)}.js`, `${name}/${plain.slice(2)}`])
}))

registerHooks({
  resolve (specifier, context, next) {
    const found = next(specifier, context)

    if (!found.url.startsWith('file:')) {
      return found
    }

    const plain = standIns.get(relative(modules, fileURLToPath(found.url)).replaceAll('\\', '/'))

    return plain === undefined ? found : { ...found, url: pathToFileURL(modules + plain).href }
  }
})
