// A thread in which scenarios run while every clock, timer and source of randomness throws: nothing else runs there that may need one.
import { parentPort } from 'node:worker_threads'
import { runScenario, scenarios } from '../../src/index.ts'
import { withoutOutside } from './no-outside.ts'

parentPort?.on('message', ({ id, seed }: { readonly id: string, readonly seed: number }) => {
  const scenario = scenarios.find(each => each.id === id)
  if (scenario !== undefined) {
    void withoutOutside(async () => await runScenario(scenario, seed)).then(ran => { parentPort?.postMessage(ran) })
  }
})
