// Writes docs/messages.md from the message table; with --check it only compares, and fails when the document is old.
//
//   node --conditions=source tools/messages-doc.mjs [--check]
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { MESSAGES } from '@peerwright/protocol-messages'

const FILE = 'docs/messages.md'

const hex = type => `0x${type.toString(16).padStart(2, '0')}`
const bytes = limit => limit === undefined ? 'none' : limit === 'block' ? 'largest block' : limit.toLocaleString('en')
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const session = MESSAGES.filter(row => row.stream !== 'classic')
const classic = MESSAGES.filter(row => row.stream === 'classic')

const text = `# Messages

Made from \`packages/protocol-messages/src/message-table.ts\` by \`npm run docs:messages\`; do not edit. The codecs, the sessions, the
classic frame and their tests read the same table.

A limit is the largest payload in bytes; one over it costs the peer what stands under *breach*, before any of it is kept.
"Largest block" is the network's. *Budget* says on which allowance a message draws, *owner* which part of the node handles it: where
that part is not assembled, the message is counted and dropped.

## In sessions

\`live\` messages travel on the session's one long stream, \`bulk\` ones are requests on a stream of their own, \`answer\` ones are parts of
the answer there. Types below 0x80 are BIP324's short ids. *Classic* is the limit in the classic frame, for those that it carries too.

${table(['message', 'type', 'stream', 'limit', 'classic', 'budget', 'breach', 'owner', 'limit is'], session.map(row =>
  [`\`${row.name}\``, hex(row.type), row.stream, bytes(row.maxBytes), bytes(row.classicBytes), row.budget, row.breach, row.owner, row.why]))}

## In the classic frame only

Sessions have something better for these, or no use for them.

${table(['message', 'limit', 'limit is'], classic.map(row => [`\`${row.name}\``, bytes(row.classicBytes), row.why]))}
`

if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error(`${FILE} is not what the message table says: npm run docs:messages`)
  process.exit(1)
} else {
  console.log(`${FILE} is what the message table says: ${MESSAGES.length} messages`)
}
