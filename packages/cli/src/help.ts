/** The command's version: that of its package. */
export const VERSION = '0.1.0'

/** The commands, in the words they are called by. */
export const COMMANDS = ['demo', 'start', 'import', 'ports', 'doctor', 'simulate', 'withdraw', 'spec check', 'store repair', 'store reset'] as const

/** What `--help` says, by command. */
export const HELP: Readonly<Record<string, string>> = {
  peerwright: `peerwright ${VERSION}: the peer-to-peer network layer for blockchain nodes

Usage: peerwright COMMAND [OPTIONS]

Commands:
  demo          a fresh node syncs from zero, told nothing but DNS names; all on this machine
  start         runs a node with the built-in chain store
  import        takes blocks out of block files into a node's chain store
  ports         the ports a node binds, compared with a running one; firewall rules
  doctor        what this machine has for a node: cryptography, files, connections
  simulate      plays a scenario on a virtual network, the same way for the same seed
  withdraw      writes the word of a node that it offers the post-quantum channel no more, signed by both its keys
  spec check    checks a chain spec and says what is wrong with it
  store repair  mends a damaged chain store
  store reset   forgets a chain store: the next start syncs from genesis

Options:
  --json        one line of JSON on standard output, for scripts
  --help        this, or the help of a command, as "peerwright help COMMAND"
  --version     ${VERSION}

Exit codes: 0 done, 1 failed, 2 usage or configuration, 130 interrupted.`,

  demo: `peerwright demo: a fresh node syncs from zero, told nothing but DNS names

Starts a DNS server, seed nodes in processes of their own that serve a chain, and a fresh node that knows only their
names. Everything stays on loopback and is removed at the end.

Options:
  --spec FILE|PRESET  the network; its headers must be Bitcoin's (default: bitcoin-regtest)
  --import FILE       serve the blocks of this file (bootstrap.dat, blk*.dat) instead of mining
  --blocks N          blocks to mine, 1 to 50000 (default: 2000, about 60 MB)
  --peers N           seed nodes, 1 to 16 (default: 4)
  --keep              keep the fresh node's data and say where it is
  --json              one line: {"ok":true,"height":...,"tip":...,"peers":...,"seconds":...,"headersPerSecond":...,
                      "blocksPerSecond":...,"bytes":...} or {"ok":false,"code":...,"message":...}`,

  start: `peerwright start --spec FILE|PRESET --data DIR: runs a node with the built-in chain store

Options:
  --spec FILE|PRESET  the network: quantumcoin, bitcoin-main, bitcoin-regtest, or a chain spec
  --data DIR          where chain and identity are kept; made when it is not there
  --genesis FILE      the genesis header or block, binary or hexadecimal, for networks that need one
  --listen ADDR       where to listen, IP:PORT or a multiaddr; may be given several times (default: the network's)
  --connect ADDR      a peer to dial, IP:PORT or a multiaddr; may be given several times
  --pin ADDR=PIN      who must answer at ADDR: a PeerId, or sha256/BASE64 of the SubjectPublicKeyInfo of its identity key, as its "started"
                      event tells; may be given several times, and several times for one address
  --forget PEER       a PeerId that is no longer held to the post-quantum channel it had before; may be given several times
  --withdrawal FILE   the same for the peer that has signed the statement in FILE ("peerwright withdraw"), with both keys where its
                      ML-DSA key is known; may be given several times
  --json              one line of JSON per event; "session" tells of each peer's channel, "channel-refused" of what was turned away,
                      "connect-failed" why a peer of --connect was not reached`,

  doctor: `peerwright doctor: what this machine has for a node

Options:
  --spec FILE|PRESET  and what this network's node makes of it
  --json              one line: {"ok":...,"findings":[{"what":...,"found":...,"advice":...}]}`,

  simulate: `peerwright simulate [SCENARIO]: plays a scenario on a virtual network

Nodes run their production code on a clock that is turned and an internet in memory. The same seed gives the same run.
Without a SCENARIO it lists them.

Options:
  --seed N     a whole number from 1 to 9007199254740991 (default: 1)
  --seeds N    play it from so many seeds, one after the other, and stop at the first that fails (default: 1)
  --trace      the last lines of the trace, also of a run that did not fail
  --json       one line for each run: {"scenario":...,"seed":...,"ok":...,"checks":[{"what":...,"ok":...,"found":...}],
               "seconds":...,"events":...,"lines":...,"digest":...,"error":...}

Exit code 1 when something is not as it should be, with the command that plays that run again.`,

  import: `peerwright import FILE --spec FILE|PRESET --data DIR: takes blocks out of block files into a node's chain store

FILE is a bootstrap.dat, a blk*.dat of Bitcoin Core, or a folder of them, hidden with xor.dat or not, with blocks in any order.
What is there already is not taken twice: an import that was interrupted goes on where it was.

Options:
  --spec FILE|PRESET  the network: quantumcoin, bitcoin-main, bitcoin-regtest, or a chain spec
  --data DIR          where the node keeps its chain; made when it is not there
  --genesis FILE      the genesis header or block, for networks that need one
  --json              one line: {"ok":true,"found":...,"taken":...,"left":...,"height":...,"tip":...,"seconds":...}`,

  ports: `peerwright ports --spec FILE|PRESET: the ports that a node of this network binds, all of them

Options:
  --spec FILE|PRESET  the network
  --pid PID           compare with what this process really holds (Linux); exit code 1 when they differ
  --firewall KIND     print rules instead: nft (for nft -f), iptables or ufw (for a shell)
  --json              one line of JSON`,

  withdraw: `peerwright withdraw --spec FILE|PRESET --data DIR --out FILE: the word of a node that it offers the post-quantum channel no more

Whoever dialled the node in DIR before holds it to that channel for 30 days. FILE, given to them and to their "start --withdrawal FILE",
lifts that. It is signed with the identity in DIR and with the ML-DSA key that follows from it. Stop the node and turn the channel off
first: a statement that is not younger than the last post-quantum channel counts for nothing.

Options:
  --spec FILE|PRESET  the network
  --data DIR          where the node keeps its identity
  --out FILE          where the statement is written; must not be there yet
  --offer ID          what the node offers instead, the best first; may be given several times (default: what the network has besides)
  --json              one line: {"ok":true,"peerId":...,"file":...,"encrypters":[...],"timeSeconds":...,"signatures":1|2}`,

  'spec check': `peerwright spec check FILE: checks a chain spec

Prints the network's ids when all is well, else every fault with its place and what would be right (exit code 2).`,

  'store repair': `peerwright store repair --data DIR: mends the chain store in DIR

Reads every block, forgets damaged ones, which a node fetches anew, and mends the index. No node may be running on it.`,

  'store reset': `peerwright store reset --data DIR: forgets the chain store in DIR

The identity stays. The next start syncs from genesis. No node may be running on it.`
}
