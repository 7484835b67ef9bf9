import type { Test } from 'uvu'
import type { KubeClient } from '../../operator/kube/client.ts'
import { clientOf, installCrds } from './connect.ts'
import { type ApiServer, startApiServer } from './start.ts'

/** An API server that knows the CRDs, from before a file's first test until after its last; neither field is to be read earlier. */
export function serveCrds(test: Pick<Test, 'before' | 'after'>): Readonly<{
  server: ApiServer
  client: KubeClient
}> {
  let running: { server: ApiServer; client?: KubeClient } | undefined
  test.before(async () => {
    running = { server: await startApiServer() }
    running.client = clientOf(running.server)
    await installCrds(running.client)
  })
  test.after(async () => {
    await running?.client?.close()
    await running?.server.stop()
  })
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the API server is there within tests only')
    return part
  }
  return {
    get server() {
      return there(running?.server)
    },
    get client() {
      return there(running?.client)
    },
  }
}
