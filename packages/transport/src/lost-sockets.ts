import type { CounterGroup, MetricGroup, Metrics } from '@libp2p/interface'
import type { TCPComponents } from '@libp2p/tcp'

/** Why an inbound connection was over before libp2p had it: the listener held all the sockets it may, or the other side had reset it. */
export type LostSocket = 'too-many-sockets' | 'gone'

/** The ends of the names under which libp2p's listener counts both, and tells nobody else. */
const LOSSES: ReadonlyArray<readonly [string, LostSocket]> = [[' drop', 'too-many-sockets'], [' inbound_to_connection', 'gone']]

const UNCOUNTED: MetricGroup & CounterGroup = { update: () => {}, increment: () => {}, decrement: () => {}, reset: () => {}, timer: () => () => {} }

/** Components for the TCP transport whose metrics, the embedder's where there are some, also tell of lost sockets. */
export function tellLostSockets ({ logger, metrics }: TCPComponents, onLost: (reason: LostSocket) => void): TCPComponents {
  const registerMetricGroup = (name: string, options?: object): MetricGroup => {
    const group: MetricGroup = metrics?.registerMetricGroup(name, options ?? {}) ?? UNCOUNTED
    return {
      update: values => { group.update(values) },
      decrement: values => { group.decrement(values) },
      reset: () => { group.reset() },
      timer: key => group.timer(key),
      increment: values => {
        for (const key of Object.keys(values)) {
          const loss = LOSSES.find(([ending]) => key.endsWith(ending))
          if (loss !== undefined) {
            onLost(loss[1])
          }
        }
        group.increment(values)
      }
    }
  }
  const registerCounterGroup = (name: string, options?: object): CounterGroup => metrics?.registerCounterGroup(name, options ?? {}) ?? UNCOUNTED
  // These two are all that the transport and its listener ask for
  const both: Pick<Metrics, 'registerMetricGroup' | 'registerCounterGroup'> = { registerMetricGroup, registerCounterGroup }
  return { logger, metrics: both as Metrics }
}
