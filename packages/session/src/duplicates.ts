/** One of two connections to the same peer. */
export interface Rival {
  readonly direction: 'inbound' | 'outbound'
}

/** What becomes of a second connection to the same peer. */
export type DuplicateVerdict = 'keep-older' | 'keep-newer' | 'probe-older'

/**
 * Of two connections dialled in opposite directions, the one dialled by the smaller PeerId stays: both ends come to the same
 * answer without a word. In the same direction nobody can know whether the older is dead: it is probed.
 *
 * @param localPeer - our PeerId as text
 * @param remotePeer - the other PeerId as text
 */
export function judgeDuplicate (older: Rival, newer: Rival, localPeer: string, remotePeer: string): DuplicateVerdict {
  if (older.direction === newer.direction) {
    return 'probe-older'
  }
  const stays = localPeer < remotePeer ? 'outbound' : 'inbound'
  return older.direction === stays ? 'keep-older' : 'keep-newer'
}
