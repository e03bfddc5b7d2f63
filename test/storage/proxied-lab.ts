import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts'
import { change, deal, settle } from './farm.ts'
import type { Lab } from './lab.ts'

/**
 * A lab whose storage reaches the database through a proxy that can lose what passes; user `u` has an egg.
 *
 * @param open makes the lab
 */
export async function proxiedLab(
  serverUrl: string,
  open: (target: (url: string) => string) => Promise<Lab>,
): Promise<Lab & { readonly proxy: FaultProxy }> {
  const { hostname, port } = new URL(serverUrl)
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) })
  const lab = await open((url) => proxy.through(url))
  await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
  return {
    ...lab,
    proxy,
    async [Symbol.asyncDispose](): Promise<void> {
      proxy.heal()
      await lab[Symbol.asyncDispose]()
      await proxy.stop()
    },
  }
}
