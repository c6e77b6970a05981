// First step of `npm test`. Plain JavaScript on purpose: a .ts file would die on an old Node before it could say anything.
const wanted = 24
const major = Number(process.versions.node.split('.')[0])

if (major < wanted) {
  console.error(`Peerwright is developed on Node ${wanted}; this is Node ${process.versions.node} (${process.execPath}).

npm scripts find Node ${wanted} in node_modules/.bin, where \`npm ci\` puts it on Linux (x64, arm64, glibc), Windows (x64) and
macOS (x64). If you are on one of those, run \`npm ci\` again, without --omit=optional. Elsewhere (Apple silicon, Alpine,
Windows on ARM) install Node ${wanted} with your version manager: \`nvm install\` and \`fnm use\` read .nvmrc.`)
  process.exit(1)
}
