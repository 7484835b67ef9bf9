import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { controlKey } from '../control/key.ts'
import { type WorkerInput, workerPod } from './pod.ts'
import { workerControlKey, workerSecret } from './secret.ts'
import { input, owner } from './testing/pods.ts'

function podFor(change: Partial<WorkerInput> = {}) {
  const pod = workerPod({ ...input, ...change })
  const [container] = pod.spec?.containers ?? []
  if (pod.spec === undefined || container === undefined) throw new Error('a pod has a container')
  return { pod, spec: pod.spec, container }
}

test('the pod asks for nothing that Pod Security restricted forbids, and gets no token of the API server', () => {
  const { spec, container } = podFor()
  assert.is(spec.securityContext?.runAsNonRoot, true)
  assert.is(spec.securityContext?.seccompProfile?.type, 'RuntimeDefault')
  assert.is(container.securityContext?.allowPrivilegeEscalation, false)
  assert.is(container.securityContext?.readOnlyRootFilesystem, true)
  assert.equal(container.securityContext?.capabilities, { drop: ['ALL'] })
  assert.is(spec.automountServiceAccountToken, false)
  for (const volume of spec.volumes ?? []) assert.is(volume.hostPath, undefined)
})

test('it goes with what it works for, and never starts a second time by itself', () => {
  const { pod, spec } = podFor()
  assert.is(pod.metadata.ownerReferences?.[0]?.uid, owner.metadata.uid)
  assert.is(spec.restartPolicy, 'Never')
})

test('no two workers write files of one name, though a try has the name of the one before it', () => {
  const [one, another] = [podFor(), podFor()]
  assert.is(one.pod.metadata.name, another.pod.metadata.name)
  assert.match(one.spec.hostname ?? '', /^[a-z][a-z0-9-]{0,62}$/)
  assert.is.not(one.spec.hostname, another.spec.hostname)
})

test('it leaves a node of which nothing is heard as soon as a VM does', () => {
  const patience = podFor().spec.tolerations?.map(
    (one) => `${one.key} ${one.effect} ${one.tolerationSeconds}`,
  )
  assert.equal(patience, [
    'node.kubernetes.io/not-ready NoExecute 20',
    'node.kubernetes.io/unreachable NoExecute 20',
  ])
})

const mounts: readonly { name: string; change: Partial<WorkerInput>; want: readonly string[] }[] = [
  { name: 'an import writes its target', change: {}, want: ['/target', '/run/vm', '/control ro'] },
  {
    name: 'a source is mounted read-only',
    change: { job: 'import-claim', source: 'golden' },
    want: ['/target', '/source ro', '/run/vm', '/control ro'],
  },
  {
    name: 'a server has no target, and the keys for NBD',
    change: {
      job: 'serve',
      target: undefined as never,
      source: 'golden',
      nbd: { secret: 'x', files: ['keys.psk'] },
    },
    want: ['/source ro', '/run/vm', '/control ro', '/nbd ro'],
  },
  {
    name: 'credentials are at /auth',
    change: { auth: { secret: 'mine', files: ['token'] } },
    want: ['/target', '/run/vm', '/control ro', '/auth ro'],
  },
]
for (const { name, change, want } of mounts) {
  test(name, () =>
    assert.equal(
      podFor(change).container.volumeMounts?.map(
        ({ mountPath, readOnly }) => `${mountPath}${readOnly === true ? ' ro' : ''}`,
      ),
      want,
    ),
  )
}

test('a pull secret that does not exist does not hold the pod up', () => {
  const auth = { secret: 'my-registry', files: ['.dockerconfigjson'], optional: true } as const
  const volume = podFor({ auth }).spec.volumes?.find(({ name }) => name === 'auth')
  assert.is(volume?.secret?.optional, true)
  assert.is(volume?.secret?.secretName, 'my-registry')
})

test('the settings become variables, the empty ones none', () => {
  const { container } = podFor({ env: { URL: 'http://example.org/a', DIGEST: '' } })
  assert.equal(
    container.env?.map(({ name, value }) => `${name}=${value}`),
    ['WORKER_URL=http://example.org/a', 'WORKER_DEADLINE_SECONDS=600'],
  )
})

test('the Secret holds a key of its own for each worker, which the operator can derive', () => {
  const masterKey = new Uint8Array(32).fill(7)
  const secretOf = (name: string) =>
    workerSecret({ owner, name, labels: {}, masterKey, files: { token: 't' } })
  const text = (name: string) => Buffer.from(secretOf(name).data?.psk ?? '', 'base64').toString()
  assert.is(text('a'), `ephemera:${workerControlKey(masterKey, owner, 'a')}\n`)
  assert.is.not(text('a'), text('b'))
  assert.is.not(workerControlKey(masterKey, owner, 'a'), controlKey(masterKey, owner.metadata.uid))
  assert.equal(Object.keys(secretOf('a').data ?? {}), ['psk', 'token'])
})

test.run()
