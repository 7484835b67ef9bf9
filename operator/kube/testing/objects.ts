import type { KubeObject, ObjectMeta } from '../object.ts'
import { resourceType } from '../resource.ts'

/** A kind that exists in tests only. */
export type Thing = KubeObject & Readonly<{ spec?: unknown; status?: unknown }>

export const things = resourceType<Thing>({
  group: 'test.ephemera.dev',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  namespaced: true,
})

/** Where the fake API server keeps them. */
export const thingsPath = '/apis/test.ephemera.dev/v1/things'

export function thing(name: string, metadata: Partial<ObjectMeta> = {}, rest: Partial<Thing> = {}): Thing {
  return {
    apiVersion: things.apiVersion,
    kind: things.kind,
    metadata: { name, namespace: 'lab', ...metadata },
    ...rest,
  }
}
