import { DowngradeError } from './errors.ts'

/** The encrypters that both sides of a channel say they have, each in its order, and the one that runs. */
export interface Offer {
  readonly running: string
  readonly dialler: readonly string[]
  readonly listener: readonly string[]
}

/**
 * Which encrypter is picked when nobody interferes: the first of the dialler's that the listener has (multistream-select 1.0 proposes
 * them one by one).
 */
export function expectedEncrypter ({ dialler, listener }: Pick<Offer, 'dialler' | 'listener'>): string | undefined {
  return dialler.find(protocol => listener.includes(protocol))
}

/**
 * Compares what runs with what both lists come to. The lists travel inside the channel, so whoever cut the offer down on the way, where
 * it is in clear, cannot cut them too.
 *
 * @throws DowngradeError `offer`
 */
export function checkOffer (offer: Offer): void {
  const expected = expectedEncrypter(offer)
  if (expected !== offer.running) {
    // A name in both lists is one of ours: nothing from the wire stands in the message
    throw new DowngradeError('offer', offer.running, expected, 'the lists of both sides come to another one, so somebody changed the offer on the way')
  }
}
