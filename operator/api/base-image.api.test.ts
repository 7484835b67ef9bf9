import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { serveCrds } from '../../hack/apiserver/serve-crds.ts'
import { apiVersion } from './group.ts'
import { baseImages } from './types.ts'

const api = serveCrds(test)

type Spec = Record<string, unknown>

/** What the API server says to it: `accepted`, or its error. */
function outcome(spec: Spec, name = 'debian-13'): Promise<string> {
  const image = { apiVersion, kind: 'BaseImage', metadata: { name, namespace: 'default' }, spec }
  return api.client.create(baseImages, image as never, { dryRun: true }).then(
    () => 'accepted',
    (error: Error) => error.message,
  )
}

const url = 'https://images.example.org/debian-13.qcow2'
const http = (change: Spec) => ({ source: { http: { url, ...change } } })
const oci = (image: string) => ({ source: { oci: { image } } })

const accepted: readonly { name: string; spec: Spec }[] = [
  { name: 'a URL alone', spec: http({}) },
  { name: 'a URL with a port, a query and a fragment', spec: http({ url: 'http://[::1]:8080/a?b=c#d' }) },
  { name: 'a URL without a path', spec: http({ url: 'http://images.example.org' }) },
  { name: 'a sha256', spec: http({ sha256: 'a'.repeat(64) }) },
  { name: 'a sha512', spec: http({ sha512: '0'.repeat(128) }) },
  { name: 'a container image by tag', spec: oci('registry.example.org:5000/disks/debian:13') },
  { name: 'a container image by digest', spec: oci(`disks/debian@sha256:${'a'.repeat(64)}`) },
  { name: 'a claim', spec: { source: { claim: { name: 'debian-13' } } } },
  { name: 'a snapshot', spec: { source: { snapshot: { name: 'golden' } } } },
  { name: 'an image that boots by UEFI', spec: { source: { upload: {} }, firmware: 'UEFI' } },
  {
    name: 'an upload and every other field',
    spec: {
      source: { upload: {} },
      capacity: '2Gi',
      storageClassName: 'fast',
      minDisk: '3Gi',
      minMemory: '512Mi',
      visibility: 'Cluster',
      firmware: 'BIOS',
      defaultUser: 'debian',
      os: 'Debian 13',
    },
  },
]
for (const { name, spec } of accepted) {
  test(`accepted: ${name}`, async () => assert.is(await outcome(spec), 'accepted'))
}

test('accepted: the longest name', async () => assert.is(await outcome(http({}), 'a'.repeat(50)), 'accepted'))

const upload = { source: { upload: {} } }
const refused: readonly { name: string; spec: Spec; want: RegExp }[] = [
  { name: 'no source', spec: {}, want: /spec\.source: Required value/ },
  { name: 'an empty source', spec: { source: {} }, want: /source needs exactly one of http, oci/ },
  {
    name: 'two sources',
    spec: { source: { upload: {}, claim: { name: 'a' } } },
    want: /source needs exactly one of http, oci/,
  },
  { name: 'a file', spec: http({ url: 'file:///etc/passwd' }), want: /url must be an http or https URL/ },
  {
    name: 'a URL with a password',
    spec: http({ url: 'http://a:b@example.org/' }),
    want: /without a user name or a password/,
  },
  { name: 'a URL with a blank', spec: http({ url: 'http://example.org/a b' }), want: /url must be an http/ },
  { name: 'no URL', spec: { source: { http: {} } }, want: /url: Required value/ },
  { name: 'a short sha256', spec: http({ sha256: 'abc' }), want: /sha256 must be 64 lower-case hex/ },
  {
    name: 'a sha256 in capitals',
    spec: http({ sha256: 'A'.repeat(64) }),
    want: /sha256 must be 64 lower-case hex/,
  },
  {
    name: 'two digests',
    spec: http({ sha256: 'a'.repeat(64), sha512: 'a'.repeat(128) }),
    want: /give one of sha256 and sha512/,
  },
  {
    name: 'a container image with a scheme',
    spec: oci('docker://a/b c'),
    want: /image must be the reference/,
  },
  { name: 'a claim with a path', spec: { source: { claim: { name: 'a/b' } } }, want: /claim\.name must be/ },
  { name: 'a claim without a name', spec: { source: { claim: {} } }, want: /name: Required value/ },
  {
    name: 'a capacity without a unit',
    spec: { ...upload, capacity: 10 },
    want: /did you leave out the unit/,
  },
  {
    name: 'a firmware that there is not',
    spec: { ...upload, firmware: 'uefi' },
    want: /supported values: "BIOS", "UEFI"/,
  },
  {
    name: 'a default user with a blank',
    spec: { ...upload, defaultUser: 'a b' },
    want: /defaultUser must be the name of a user/,
  },
]
for (const { name, spec, want } of refused) {
  test(`refused: ${name}`, async () => assert.match(await outcome(spec), want))
}

for (const [name, what] of [
  ['debian.13', 'with a dot'],
  ['a'.repeat(51), 'of 51 characters'],
] as const) {
  test(`refused: a name ${what}`, async () =>
    assert.match(await outcome(upload, name), /metadata\.name becomes part of other names: use at most 50/))
}

test('importGeneration can be raised, and not lowered', async () => {
  const image = (importGeneration?: number) => ({
    apiVersion,
    kind: 'BaseImage' as const,
    metadata: { name: 'again', namespace: 'default' },
    spec: { ...upload, ...(importGeneration === undefined ? {} : { importGeneration }) } as never,
  })
  for (const raised of [undefined, 1, 2]) await api.client.apply(baseImages, image(raised))
  const lowered = await api.client.apply(baseImages, image(1)).then(
    () => 'accepted',
    (error: Error) => error.message,
  )
  assert.match(lowered, /importGeneration can only be raised/)
})

test('a later apply can change one source for another', async () => {
  const image = (source: Spec) => ({
    apiVersion,
    kind: 'BaseImage' as const,
    metadata: { name: 'changed', namespace: 'default' },
    spec: { source } as never,
  })
  await api.client.apply(baseImages, image({ upload: {} }))
  const { spec } = await api.client.apply(baseImages, image({ http: { url } }))
  assert.equal(spec.source, { http: { url } })
})

test.run()
