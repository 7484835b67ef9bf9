import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { KubeClient } from '../../operator/kube/client.ts'
import { fixedConnection } from '../../operator/kube/connection.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resourceType } from '../../operator/kube/resource.ts'
import { crdFile } from '../crds/definition.ts'
import { kinds } from '../crds/kinds.ts'
import type { ApiServer } from './start.ts'

type Crd = KubeObject &
  Readonly<{
    spec?: unknown
    status?: { conditions?: readonly { type: string; status: string; message: string }[] }
  }>

const customResourceDefinitions = resourceType<Crd>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
})

/** A client of the administrator's, or of the user that is given (by impersonation). */
export function clientOf(server: ApiServer, user?: string): KubeClient {
  const headers = {
    authorization: `Bearer ${server.token}`,
    ...(user !== undefined && { 'impersonate-user': user }),
  }
  return new KubeClient({ connection: fixedConnection(server.url, { headers, tls: { ca: server.ca } }) })
}

/** Installs the project's CRDs and waits until their objects can be made. Rejects with what the API server has against one. */
export async function installCrds(client: KubeClient): Promise<void> {
  for (const kind of kinds) {
    const crd = parse(crdFile(kind).text) as Crd
    await client.apply(customResourceDefinitions, crd)
    while (!(await isServed(client, crd.metadata.name))) await delay(50)
  }
}

async function isServed(client: KubeClient, name: string): Promise<boolean> {
  const { status } = await client.get(customResourceDefinitions, { name })
  const conditions = status?.conditions ?? []
  const refused = conditions.find(({ type, status }) => type === 'NonStructuralSchema' && status === 'True')
  if (refused !== undefined) throw new Error(`${name}: ${refused.message}`)
  return conditions.some(({ type, status }) => type === 'Established' && status === 'True')
}
