import type { ConnectionEncrypter, PrivateKey } from '@libp2p/interface'
import suite from '@libp2p/interface-compliance-tests/connection-encryption'
import { OURS } from '../support/encrypters.ts'

for (const [name, make] of OURS) {
  describe(`QC-08 + libp2p's suite for encrypters: ${name}`, () => {
    suite({
      setup: async (init?: { privateKey: PrivateKey }): Promise<ConnectionEncrypter> => {
        if (init === undefined) {
          throw new TypeError('the suite gives a key')
        }
        return await Promise.resolve(make(init.privateKey))
      },
      teardown: async () => { await Promise.resolve() }
    })
  })
}
