import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BaseImage } from '../api/base-image.ts'
import { grantCommand, ImageAccess, mayHave } from './access.ts'
import type { Copied } from './content.ts'

const { signal } = new AbortController()
const debian = { namespace: 'images', name: 'debian' }
const image = (visibility: BaseImage['spec']['visibility']) =>
  ({ kind: 'BaseImage', metadata: debian, spec: { visibility } }) as Copied
const snapshot = { kind: 'Snapshot', metadata: debian, spec: {} } as Copied

/** An API server that answers as RBAC would, and keeps the questions. */
function world(...allowed: string[]) {
  const rbac = new Set(allowed)
  const asked: { groups?: readonly string[] }[] = []
  let now = 0
  const create = async (_: unknown, { spec }: { spec: { groups: readonly string[] } }) => {
    asked.push(spec)
    return { status: { allowed: spec.groups.some((one) => rbac.has(one)) } }
  }
  const access = new ImageAccess({ client: { create: create as never }, now: () => new Date(now) })
  const pass = (seconds: number) => {
    now += seconds * 1000
  }
  return { asked, access, rbac, pass }
}
const ofLab = 'system:serviceaccounts:lab'

test('the question names the verb, the image, and the groups of the service accounts of the namespace', async () => {
  const { access, asked } = world(ofLab)
  assert.is(await access.mayUse(debian, 'lab', signal), true)
  assert.equal(asked, [
    {
      groups: [ofLab, 'system:serviceaccounts', 'system:authenticated'],
      resourceAttributes: {
        group: 'ephemera.dev',
        resource: 'baseimages',
        verb: 'use',
        namespace: 'images',
        name: 'debian',
      },
    },
  ])
})

test('an answer holds for ten seconds, for one image and one namespace', async () => {
  const { access, asked, rbac, pass } = world()
  assert.is(await access.mayUse(debian, 'lab', signal), false)
  rbac.add(ofLab)
  pass(9)
  assert.is(await access.mayUse(debian, 'lab', signal), false)
  assert.is(await access.mayUse({ ...debian, name: 'other' }, 'lab', signal), true)
  assert.is(await access.mayUse(debian, 'other', signal), false)
  pass(1)
  assert.is(await access.mayUse(debian, 'lab', signal), true)
  rbac.delete(ofLab)
  pass(10)
  assert.is(await access.mayUse(debian, 'lab', signal), false)
  assert.is(asked.length, 5)
})

const rows: readonly { name: string; what: Copied; where: string; allowed?: string; want: boolean }[] = [
  { name: 'any image, in its own namespace', what: image('Namespace'), where: 'images', want: true },
  { name: 'any snapshot, in its own namespace', what: snapshot, where: 'images', want: true },
  {
    name: 'an image for the cluster, where RBAC allows it',
    what: image('Cluster'),
    where: 'lab',
    allowed: ofLab,
    want: true,
  },
  {
    name: 'an image for the cluster, where RBAC does not',
    what: image('Cluster'),
    where: 'lab',
    want: false,
  },
  {
    name: 'an image for its namespace, though RBAC allows it',
    what: image('Namespace'),
    where: 'lab',
    allowed: ofLab,
    want: false,
  },
  { name: 'a snapshot, though RBAC allows it', what: snapshot, where: 'lab', allowed: ofLab, want: false },
]
for (const { name, what, where, allowed, want } of rows) {
  test(`${want ? 'may be had' : 'may not be had'}: ${name}`, async () => {
    const { access } = world(...(allowed === undefined ? [] : [allowed]))
    assert.is(await mayHave(what, where, access, signal), want)
  })
}

test('the command that grants it is for the namespace of the image, and the group of the other', () =>
  assert.is(
    grantCommand('images', 'lab'),
    'kubectl create rolebinding lab-uses-images --namespace images --clusterrole ephemera-image-user --group system:serviceaccounts:lab',
  ))

test.run()
