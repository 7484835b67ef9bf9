import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serveCrds } from '../../hack/apiserver/serve-crds.ts'
import { apiVersion } from './group.ts'
import type { Snapshot } from './snapshot.ts'
import { snapshots } from './types.ts'

const api = serveCrds(test)

type Spec = Record<string, unknown>
const object = (name: string, spec: Spec) => ({
  apiVersion,
  kind: 'Snapshot' as const,
  metadata: { name, namespace: 'default' },
  spec: { instance: 'web1', ...spec } as never,
})
const outcome = (attempt: Promise<Snapshot>) =>
  attempt.then(
    () => 'accepted',
    (error: Error) => error.message,
  )

const cases: readonly { name: string; spec: Spec; want: RegExp }[] = [
  { name: 'the smallest spec', spec: {}, want: /^accepted$/ },
  {
    name: 'every field',
    spec: {
      displayName: 'golden.old',
      description: 'before the upgrade',
      quiesce: 'Required',
      minDisk: '20Gi',
      minMemory: '1Gi',
      storageClassName: 'fast',
      capacity: '5Gi',
      deadlineSeconds: 10,
      retain: true,
    },
    want: /^accepted$/,
  },
  { name: 'no instance', spec: { instance: undefined }, want: /spec\.instance: Required value/ },
  { name: 'an instance with a path', spec: { instance: 'a/b' }, want: /must be the name of an EphemeralIns/ },
  { name: 'an unknown quiesce', spec: { quiesce: 'Maybe' }, want: /supported values: "Auto", "Required"/ },
  { name: 'too short a deadline', spec: { deadlineSeconds: 9 }, want: /greater than or equal to 10/ },
  { name: 'a capacity without a unit', spec: { capacity: 10 }, want: /did you leave out the unit/ },
]
for (const { name, spec, want } of cases) {
  test(`a snapshot with ${name}`, async () =>
    assert.match(
      await outcome(api.client.create(snapshots, object('one', spec) as never, { dryRun: true })),
      want,
    ))
}

test('a name too long for the names of its children is refused', async () => {
  const long = object('a'.repeat(58), {})
  assert.match(await outcome(api.client.create(snapshots, long as never, { dryRun: true })), /at most 57/)
})

const changes: readonly { field: string; from?: unknown; to: unknown; want: RegExp }[] = [
  { field: 'displayName', from: 'golden', to: 'golden.old', want: /^accepted$/ },
  { field: 'description', to: 'the old one', want: /^accepted$/ },
  { field: 'instance', from: 'web1', to: 'web2', want: /instance cannot be changed/ },
  { field: 'quiesce', from: 'Auto', to: 'Never', want: /quiesce cannot be changed/ },
  { field: 'minDisk', to: '20Gi', want: /minDisk cannot be changed/ },
  { field: 'minMemory', from: '1Gi', to: undefined, want: /minMemory cannot be changed/ },
  { field: 'storageClassName', from: 'a', to: 'b', want: /storageClassName cannot be changed/ },
  { field: 'capacity', from: '1Gi', to: '2Gi', want: /capacity cannot be changed/ },
  { field: 'deadlineSeconds', from: 60, to: 90, want: /deadlineSeconds cannot be changed/ },
  { field: 'retain', to: true, want: /retain cannot be changed/ },
]
for (const { field, from, to, want } of changes) {
  const verdict = String(want) === '/^accepted$/' ? 'can be changed' : 'cannot be changed'
  test(`${field} ${verdict}`, async () => {
    const name = `change-${field.toLowerCase()}`
    await api.client.apply(
      snapshots,
      object(name, { [field]: from ?? (field === 'instance' ? 'web1' : undefined) }),
    )
    assert.match(await outcome(api.client.apply(snapshots, object(name, { [field]: to ?? undefined }))), want)
  })
}

test.run()
