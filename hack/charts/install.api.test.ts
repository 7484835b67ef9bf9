import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseAllDocuments } from 'yaml'
import { ephemeralInstances } from '../../operator/api/types.ts'
import type { KubeClient } from '../../operator/kube/client.ts'
import type { Pod } from '../../operator/kube/object.ts'
import { namespaces, pods } from '../../operator/kube/resource.ts'
import { clientOf } from '../apiserver/connect.ts'
import { kubectl } from '../apiserver/kubectl.ts'
import { type ApiServer, startApiServer } from '../apiserver/start.ts'
import { chart, helm, render } from './helm.ts'

type PodSpec = Pod['spec']

const namespace = 'ephemera-system'
const account = `system:serviceaccount:${namespace}:ephemera`

let server: ApiServer
let client: KubeClient

test.before(async () => {
  server = await startApiServer()
  client = clientOf(server)
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await client.create(namespaces, { metadata: { name: namespace, labels } })
})
test.after(async () => {
  await client?.close()
  await server?.stop()
})

const release = (verb: string, ...options: string[]) =>
  helm([verb, 'ephemera', chart, '--namespace', namespace, ...options], server)

test('the plain manifest is one that kubectl applies', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ephemera-manifest-'))
  const file = join(folder, 'ephemera.yaml')
  writeFileSync(file, execFileSync(join(import.meta.dirname, '../manifest'), { maxBuffer: 16 * 1024 ** 2 }))
  const said = await kubectl(server, 'apply', '--server-side', '--dry-run=server', '--filename', file)
  for (const part of ['namespace/ephemera-system', 'flavors.ephemera.dev', 'deployment.apps/ephemera']) {
    assert.ok(said.includes(`${part} serverside-applied`), said)
  }
  rmSync(folder, { recursive: true })
})

test('the chart installs into an empty cluster and tells how to begin', async () => {
  assert.match(await release('install'), /kind: EphemeralInstance[\s\S]*flavor: s1\.1core/)
})

test('it can be upgraded with other values', async () => {
  assert.match(await release('upgrade', '--set', 'replicas=1,networkPolicy.enabled=true'), /REVISION: 2/)
})

test("the operator's pod passes the restricted Pod Security level", async () => {
  const deployment = parse(await render('--show-only', 'templates/deployment.yaml'))
  const metadata = { name: 'operator', namespace, labels: deployment.spec.template.metadata.labels }
  await client.create(pods, { metadata, spec: deployment.spec.template.spec }, { dryRun: true })
})

test("of the device plugin's pods the probe's is as restricted, and the plugin's has a hostPath too much and nothing else", async () => {
  const [plugin, probe] = parseAllDocuments(
    await render('--set', 'kvmDevicePlugin.enabled=true', '--show-only', 'templates/kvm-plugin.yaml'),
  ).map((each) => each.toJS())
  const admit = ({ spec: { template } }: { spec: { template: { spec: PodSpec } } }, spec = template.spec) =>
    client.create(pods, { metadata: { name: 'one', namespace }, spec }, { dryRun: true })
  await admit(probe)
  const refusal = await admit(plugin).then(
    () => '',
    (error: Error) => error.message,
  )
  assert.match(
    refusal,
    /restricted volume types \(volume "device-plugins" uses restricted volume type "hostPath"\)/,
  )
  assert.match(refusal, /runAsUser=0/)
  const { volumes, securityContext, containers, ...rest } = plugin.spec.template.spec
  const [{ volumeMounts, ...container }] = containers
  const user = { ...securityContext, runAsUser: 1000, runAsNonRoot: true }
  await admit(plugin, { ...rest, securityContext: user, containers: [container] })
})

type Review = { status: { allowed: boolean } }

/** Asks the API server whether a user may do a thing, given as `VERB GROUP/RESOURCE[/SUBRESOURCE][#NAME] in NAMESPACE`. */
async function may(user: string, groups: readonly string[], what: string): Promise<boolean> {
  const [, verb, path = '', name, , where] = /^(\w+) ([^ #]+)(?:#(\S+))?( in (\S+))?$/.exec(what) ?? []
  const [group, resource, subresource] = path.split('/')
  const attributes = {
    verb,
    group: group === 'core' ? '' : group,
    resource,
    subresource,
    name,
    namespace: where,
  }
  const review = await client.request<Review>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups, resourceAttributes: attributes },
    },
  })
  return review.status.allowed
}

/** Each with whether the operator may. */
const rights: readonly [string, boolean][] = [
  ['list ephemera.dev/ephemeralinstances', true],
  ['watch ephemera.dev/ephemeralinstances', true],
  ['get ephemera.dev/ephemeralinstances in lab', true],
  ['patch ephemera.dev/ephemeralinstances/status in lab', true],
  ['create ephemera.dev/ephemeralinstances in lab', true],
  ['delete ephemera.dev/ephemeralinstances in lab', true],
  ['patch ephemera.dev/ephemeralinstances in lab', true],
  ['update ephemera.dev/ephemeralinstances in lab', false],
  ['watch ephemera.dev/instancesets', true],
  ['patch ephemera.dev/instancesets/status in lab', true],
  ['patch ephemera.dev/instancesets in lab', false],
  ['create ephemera.dev/snapshots in lab', true],
  ['delete ephemera.dev/snapshots in lab', true],
  ['patch ephemera.dev/flavors', true],
  ['delete ephemera.dev/flavors', false],
  ['watch ephemera.dev/keypairs', true],
  ['patch ephemera.dev/keypairs/status in lab', true],
  ['patch ephemera.dev/keypairs in lab', false],
  ['watch core/pods', true],
  ['create core/pods in lab', true],
  ['delete core/pods in lab', true],
  ['patch core/pods in lab', true],
  ['create core/pods/exec in lab', false],
  ['list core/persistentvolumeclaims', true],
  ['delete core/persistentvolumeclaims in lab', true],
  ['patch core/persistentvolumeclaims in lab', true],
  ['update core/persistentvolumeclaims in lab', false],
  ['list core/persistentvolumes', true],
  ['create core/persistentvolumes', false],
  ['create core/secrets in lab', true],
  ['patch core/secrets in lab', true],
  ['get core/secrets in lab', false],
  ['list core/secrets', false],
  [`get core/secrets#ephemera-control-key in ${namespace}`, true],
  [`get core/secrets#another in ${namespace}`, false],
  [`patch coordination.k8s.io/leases in ${namespace}`, true],
  ['patch coordination.k8s.io/leases in lab', false],
  ['create events.k8s.io/events in lab', true],
  ['create authorization.k8s.io/subjectaccessreviews', true],
  ['use ephemera.dev/baseimages in lab', false],
  ['watch core/services', true],
  ['patch core/services in lab', true],
  ['update core/services in lab', false],
  ['watch core/nodes', true],
  ['patch core/nodes', false],
  ['patch networking.k8s.io/networkpolicies in lab', true],
  ['patch ephemera.dev/securitygroups/status in lab', true],
  ['patch ephemera.dev/securitygroups in lab', false],
  ['patch policy/poddisruptionbudgets in lab', true],
  ['update policy/poddisruptionbudgets in lab', false],
  ['list core/configmaps in lab', false],
]
for (const [what, allowed] of rights) {
  test(`the operator ${allowed ? 'may' : 'may not'} ${what}`, async () =>
    assert.is(await may(account, ['system:serviceaccounts', 'system:authenticated'], what), allowed))
}

test('every user may list flavors, and nobody else', async () => {
  assert.ok(await may('ada', ['system:authenticated'], 'list ephemera.dev/flavors'))
  assert.not.ok(await may('system:anonymous', ['system:unauthenticated'], 'list ephemera.dev/flavors'))
})

test('the roles for people carry the labels that add them to view and edit', async () => {
  const roles = async (role: string) =>
    (
      await kubectl(
        server,
        'get',
        'clusterroles',
        '-o',
        'name',
        '-l',
        `rbac.authorization.k8s.io/aggregate-to-${role}=true`,
      )
    ).match(/ephemera\S*/g)
  assert.equal(await roles('view'), ['ephemera-view'])
  assert.equal(await roles('edit'), ['ephemera-edit', 'ephemera-view'])
})

test('an uninstall keeps the definitions and the instances', async () => {
  const instance = { name: 'kept', namespace: 'default' }
  const spec = parse('{ boot: { claim: debian }, flavor: s1.1core }')
  await client.create(ephemeralInstances, { metadata: instance, spec })
  await helm(['uninstall', 'ephemera', '--namespace', namespace], server)
  assert.is((await client.get(ephemeralInstances, instance)).metadata.name, 'kept')
})

test('the chart installs again over the definitions that were kept', async () => {
  await release('install')
  await helm(['uninstall', 'ephemera', '--namespace', namespace], server)
})

test.run()
