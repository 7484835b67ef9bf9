import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serveCrds } from '../../hack/apiserver/serve-crds.ts'
import type { ResourceType } from '../kube/resource.ts'
import { apiVersion } from './group.ts'
import { brokenBounds } from './testing/bounds.ts'
import { specSchema } from './testing/schema.ts'
import type { Spec } from './testing/specs.ts'
import { wholeKinds } from './testing/whole-kinds.ts'

const api = serveCrds(test)

/** What the API server says to it: `accepted`, or its error. */
function outcome(type: ResourceType<never>, spec: Spec): Promise<string> {
  const metadata = { name: 'one', ...(type.namespaced ? { namespace: 'default' } : {}) }
  const object = { apiVersion, kind: type.kind, metadata, spec }
  return api.client.create(type, object as never, { dryRun: true }).then(
    () => 'accepted',
    (error: Error) => error.message,
  )
}

for (const { type, specs } of wholeKinds) {
  const kind = type as ResourceType<never>
  test(`accepted: a ${kind.kind} with every field`, async () => {
    for (const spec of specs) assert.is(await outcome(kind, spec as Spec), 'accepted')
  })
  for (const { name, spec, want } of brokenBounds(specSchema(kind.plural), specs)) {
    test(`refused in a ${kind.kind}: ${name}`, async () => assert.match(await outcome(kind, spec), want))
  }
}

test.run()
