import type { PortClaim } from '@peerwright/interface'
import { isLoopback } from './port-manifest.ts'

/** Firewalls whose rules can be printed. */
export const FIREWALLS = ['nft', 'iptables', 'ufw'] as const

/** One of them. */
export type Firewall = typeof FIREWALLS[number]

/**
 * The rules that let in what the manifest says and nothing else: loopback and answers pass, the core's ports are open, everything
 * else that comes in is dropped, everything may go out. Loopback and Unix sockets need no rule.
 *
 * @returns for `nft` a file for `nft -f`, for the others commands for a shell
 */
export function renderFirewall (manifest: readonly PortClaim[], firewall: Firewall): string {
  const open = manifest.filter(claim => claim.core && claim.transport !== 'unix' && !isLoopback(claim))
    .map(({ transport, bind, port = 0, owner }) => ({ transport, bind, port, owner }))
  switch (firewall) {
    case 'nft':
      return nft(open)
    case 'iptables':
      return iptables(open)
    case 'ufw':
      return ufw(open)
  }
}

interface Opening {
  readonly transport: string
  readonly bind: string
  readonly port: number
  readonly owner: string
}

const isWildcard = (bind: string): boolean => bind === '0.0.0.0' || bind === '::'
const isIPv6 = (bind: string): boolean => bind.includes(':')

function nft (open: readonly Opening[]): string {
  const accepts = open.map(({ transport, bind, port, owner }) => {
    const family = bind === '::' ? '' : bind === '0.0.0.0' ? 'meta nfproto ipv4 ' : `${isIPv6(bind) ? 'ip6' : 'ip'} daddr ${bind} `
    return `    ${family}${transport} dport ${port} accept comment "peerwright ${owner}"`
  })
  return [
    'table inet peerwright',
    'delete table inet peerwright',
    'table inet peerwright {',
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    iif lo accept',
    '    ct state established,related accept',
    '    meta l4proto ipv6-icmp accept',
    ...accepts,
    '  }',
    '  chain output {',
    '    type filter hook output priority filter; policy accept;',
    '  }',
    '}',
    ''
  ].join('\n')
}

function iptables (open: readonly Opening[]): string {
  const tables = ['iptables', 'ip6tables'] as const
  const lines = tables.flatMap(table => {
    const mine = open.filter(({ bind }) => bind === '::' || isIPv6(bind) === (table === 'ip6tables'))
    return [
      `${table} -P INPUT DROP`,
      `${table} -P OUTPUT ACCEPT`,
      `${table} -A INPUT -i lo -j ACCEPT`,
      `${table} -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
      ...(table === 'ip6tables' ? [`${table} -A INPUT -p ipv6-icmp -j ACCEPT`] : []),
      ...mine.map(({ transport, bind, port }) => `${table} -A INPUT -p ${transport}${isWildcard(bind) ? '' : ` -d ${bind}`} --dport ${port} -j ACCEPT`)
    ]
  })
  return `${lines.join('\n')}\n`
}

function ufw (open: readonly Opening[]): string {
  return [
    'ufw default deny incoming',
    'ufw default allow outgoing',
    // A rule without an address is for IPv4 and IPv6 alike
    ...open.map(({ transport, bind, port }) => bind === '::'
      ? `ufw allow in ${port}/${transport}`
      : `ufw allow in proto ${transport} to ${bind === '0.0.0.0' ? '0.0.0.0/0' : bind} port ${port}`),
    'ufw enable',
    ''
  ].join('\n')
}
