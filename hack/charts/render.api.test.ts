import { execFileSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseAllDocuments } from 'yaml'
import { configSchema } from '../../operator/config.ts'
import { readDefaultFlavors } from '../../operator/flavor/defaults.ts'
import { configSchema as pluginSchema } from '../../operator/kvm-plugin/config.ts'
import { loadConfig } from '../../operator/runtime/config.ts'
import { chart, helm, render } from './helm.ts'

type Rendered = {
  kind: string
  metadata: { name: string; annotations?: Record<string, string> }
  spec: never
}

type Deployment = {
  spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } }
}
type ConfigMap = { data: Record<string, string> }

const settings = Object.keys(configSchema.shape).map(
  (key) => `EPHEMERA_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
)
const golden = join(import.meta.dirname, 'golden')
const objectsOf = (yaml: string) => parseAllDocuments(yaml).map((each) => each.toJS() as Rendered | null)

/** UPDATE=1 writes what is rendered in place of comparing it: then look at the diff. */
for (const values of globSync(`${golden}/*.values.yaml`).sort()) {
  const name = basename(values, '.values.yaml')
  test(`renders as golden/${name}.yaml has it`, async () => {
    const file = join(golden, `${name}.yaml`)
    const rendered = await render('--values', values)
    if (process.env.UPDATE === '1') writeFileSync(file, rendered)
    assert.fixture(rendered, existsSync(file) ? readFileSync(file, 'utf8') : '')
  })
}

test('helm lint --strict has nothing to say', async () => {
  const said = await helm(['lint', '--strict', chart])
  assert.match(said, /1 chart\(s\) linted, 0 chart\(s\) failed/)
})

test('the CRDs are rendered as they are in crds/, but for labels and the annotation that keeps them', async () => {
  const objects = objectsOf(await render()).filter((each) => each?.kind === 'CustomResourceDefinition')
  const folder = join(chart, '../../crds')
  assert.is(objects.length, readdirSync(folder).length)
  for (const object of objects) {
    const plural = object?.metadata.name.split('.')[0]
    assert.equal(object?.spec, parse(readFileSync(join(folder, `${plural}.yaml`), 'utf8')).spec)
    assert.is(object?.metadata.annotations?.['helm.sh/resource-policy'], 'keep')
  }
})

test('crds.keep=false lets them go with the release', async () => {
  assert.not.match(await render('--set', 'crds.keep=false'), /resource-policy/)
})

// All digits of a hash may be decimal, or all but an e in the middle.
for (const tag of ['7411753618450819', '1234e567']) {
  test(`an image's tag may look like a number: ${tag}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ephemera-tag-'))
    const wanted = ['operator', 'runner'].map((name) => `${name}:${tag}`)
    for (const name of wanted) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'name'), `registry.example.com:5000/${name}\n`)
    }
    const built = wanted.map((name) => join(folder, name))
    const values = execFileSync(join(chart, '../../hack/images/values'), built, { encoding: 'utf8' })
    writeFileSync(join(folder, 'values.yaml'), values)
    const asked = readFileSync(join(chart, '../../README.md'), 'utf8').matchAll(
      /(--set\S*) (\S*image.tag=TAG)/g,
    )
    const fromReadme = [...asked].flatMap(([, option = '', value = '']) => [
      option,
      value.replace('TAG', tag),
    ])
    assert.is(fromReadme.length, 8)
    for (const options of [['--values', join(folder, 'values.yaml')], fromReadme]) {
      const rendered = await render(...options, '--show-only', 'templates/deployment.yaml')
      for (const name of wanted) assert.match(rendered, `/${name}"`)
    }
    rmSync(folder, { recursive: true })
  })
}

const refused = [
  {
    what: 'a misspelt value',
    options: ['--set', 'image.tga=1'],
    want: /additional properties 'tga' not allowed/,
  },
  {
    what: 'a misspelt section',
    options: ['--set', 'runer.kvmResource=a/b'],
    want: /additional properties 'runer'/,
  },
  { what: 'an unknown log level', options: ['--set', 'logLevel=loud'], want: /logLevel/ },
  {
    what: 'a flavor without memory',
    options: ['--set', 'flavors.x.cpus=1,flavors.x.disk=1Gi'],
    want: /missing property 'memory'/,
  },
  {
    what: 'an address without a range',
    options: ['--set', 'images.allowedCIDRs={10.0.0.1}'],
    want: /allowedCIDRs/,
  },
  { what: 'an overcommit below 1', options: ['--set', 'runner.cpuOvercommit=0'], want: /cpuOvercommit/ },
  {
    what: 'a probe all the time',
    options: ['--set', 'kvmDevicePlugin.probeSeconds=1'],
    want: /probeSeconds/,
  },
  {
    what: 'no account at all',
    options: ['--set', 'serviceAccount.create=false'],
    want: /serviceAccount\.name must be set/,
  },
]
for (const { what, options, want } of refused) {
  test(`refuses ${what}`, async () => {
    const said = await render(...options).then(
      () => 'nothing',
      (error: Error) => error.message,
    )
    assert.match(said, want)
  })
}

test('the operator understands every setting that the chart gives it', async () => {
  const deployment = objectsOf(
    await render('--show-only', 'templates/deployment.yaml'),
  )[0] as unknown as Deployment
  const variables = deployment.spec.template.spec.containers[0]?.env ?? []
  const env = Object.fromEntries(variables.map(({ name, value = 'ephemera-system' }) => [name, value]))
  const config = loadConfig({ schema: configSchema, argv: [], env, envPrefix: 'EPHEMERA' })
  assert.is(config.runnerImage, 'ephemera/runner:0.1.0')
  assert.is(config.flavorsFile, '/etc/ephemera/flavors.yaml')
  assert.is(config.cpuOvercommit, 4)
  assert.equal(config.imageAllowCidrs, [])
  assert.is(config.imageDeadlineSeconds, 21_600)
  assert.is(
    Object.keys(env)
      .filter((name) => !settings.includes(name))
      .join(),
    '',
  )
})

test('the device plugin understands every setting that the chart gives it, and its resource is the one that VMs ask for', async () => {
  const options = ['--set', 'kvmDevicePlugin.enabled=true,kvmDevicePlugin.probeSeconds=60']
  const [daemonSet] = objectsOf(await render(...options, '--show-only', 'templates/kvm-plugin.yaml'))
  const variables = (daemonSet as unknown as Deployment).spec.template.spec.containers[0]?.env ?? []
  const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
  const config = loadConfig({ schema: pluginSchema, argv: [], env, envPrefix: 'EPHEMERA_KVM' })
  assert.equal([config.devices, config.validSeconds], [110, 180])
  assert.is(Object.keys(env).length, 4)
  assert.match(await render(...options), new RegExp(`EPHEMERA_KVM_RESOURCE\n +value: "${config.resource}"`))
  assert.match(await render(...options), new RegExp(`${config.resource}-probe: "1"`))
})

test("the flavors are ones that the operator's schema takes", async () => {
  const map = objectsOf(await render('--show-only', 'templates/flavors.yaml'))[0] as unknown as ConfigMap
  const file = join(mkdtempSync(join(tmpdir(), 'ephemera-flavors-')), 'flavors.yaml')
  writeFileSync(file, map.data['flavors.yaml'] ?? '')
  assert.equal(Object.keys(readDefaultFlavors(file)).sort(), [
    'm1.1core',
    's1.1core',
    's1.2core',
    's1.4core',
    'xl',
  ])
  rmSync(dirname(file), { recursive: true })
})

test.run()
