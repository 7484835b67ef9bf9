import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../kube/testing/until.ts'
import { memoryLogger } from '../runtime/logger.ts'
import { configSchema } from './config.ts'
import { KvmPlugin } from './plugin.ts'
import { PlayedKubelet } from './testing/kubelet.ts'

const kvm = 'ephemera.dev/kvm'
const probe = `${kvm}-probe`
const device = { container_path: '/dev/kvm', host_path: '/dev/kvm', permissions: 'rw' }

type Context = { directory: string; kubelet: PlayedKubelet }
const test = suite<Context>('plugin')
const open: KvmPlugin[] = []

test.before.each(async (context) => {
  context.directory = mkdtempSync(join(tmpdir(), 'kvm-'))
  context.kubelet = new PlayedKubelet(context.directory)
  await context.kubelet.start()
})
test.after.each(({ directory, kubelet }) => {
  for (const plugin of open.splice(0)) plugin.close()
  kubelet.stop()
  rmSync(directory, { recursive: true })
})

function plugin({ directory }: Context, isPresent = true) {
  const log = memoryLogger()
  const config = configSchema.parse({ directory, devices: 3 })
  const made = new KvmPlugin({
    config,
    log,
    now: () => new Date(),
    bootId: 'b1',
    isPresent: () => isPresent,
  })
  open.push(made)
  return { made, log, look: () => made.look() }
}

/** What the probe writes, in the folder that it was given. */
function say({ directory }: Context, text: string): void {
  const folder = join(directory, 'ephemera.dev-kvm')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'verdict'), text)
}

const count = ({ kubelet }: Context, resource: string) => kubelet.devicesOf(resource)?.length
const offers = (context: Context, resource: string, devices: number) =>
  until(`${devices} of ${resource}`, () => count(context, resource) === devices, 60)

test('before the probe has spoken there is a device for the probe, and none for VMs', async (context) => {
  const { look, log } = plugin(context)
  await look()
  await offers(context, probe, 1)
  await offers(context, kvm, 0)
  assert.equal(
    context.kubelet.requests.map(({ version, resource_name }) => [version, resource_name]),
    [
      ['v1beta1', kvm],
      ['v1beta1', probe],
    ],
  )
  assert.ok(log.lines.some(({ message }) => message === 'KVM is not offered'))
})

test('the probe gets /dev/kvm, and a folder for its word that others than root may write', async (context) => {
  await plugin(context).look()
  await offers(context, probe, 1)
  const { container_responses: [given] = [] } = await context.kubelet.allocate(probe)
  const folder = join(context.directory, 'ephemera.dev-kvm')
  assert.equal(given?.devices, [device])
  assert.equal(given?.mounts, [{ container_path: '/verdict', host_path: folder, read_only: false }])
  execFileSync('stat', ['--format=%a', folder], { encoding: 'utf8' }).match(/^777/) ?? assert.unreachable()
})

test('where the kernel has no KVM, the probe runs without the device, to say so', async (context) => {
  await plugin(context, false).look()
  await offers(context, probe, 1)
  const { container_responses: [given] = [] } = await context.kubelet.allocate(probe)
  assert.equal(given?.devices, [])
  assert.is(given?.mounts?.length, 1)
})

test('VMs are offered KVM once a guest ran, get it, and are offered none when it works no more', async (context) => {
  const { look, log } = plugin(context)
  await look()
  say(context, 'b1 yes\n')
  await look()
  await offers(context, kvm, 3)
  const { container_responses: [given] = [] } = await context.kubelet.allocate(kvm)
  assert.equal([given?.devices, given?.mounts], [[device], []])
  say(context, 'b1 no a guest got nowhere in 1 s\n')
  await look()
  await offers(context, kvm, 0)
  const why = log.lines.filter(({ message }) => message.startsWith('KVM is')).map(({ fields }) => fields.why)
  assert.equal(why.slice(1), ['A guest ran under KVM.', 'a guest got nowhere in 1 s'])
})

test('what is said again is not logged again', async (context) => {
  const { look, log } = plugin(context)
  for (const _ of [1, 2, 3]) await look()
  assert.is(log.lines.filter(({ message }) => message === 'KVM is not offered').length, 1)
  assert.is(context.kubelet.requests.length, 2)
})

test('a kubelet that starts anew is told again, with what is offered', async (context) => {
  say(context, 'b1 yes\n')
  const { look } = plugin(context)
  await look()
  await offers(context, kvm, 3)
  context.kubelet.stop()
  await context.kubelet.start()
  await look()
  await offers(context, kvm, 3)
  await offers(context, probe, 1)
  assert.is(context.kubelet.requests.length, 4)
})

test('while there is no kubelet, it waits for one, and says so once', async (context) => {
  context.kubelet.stop()
  const socket = join(context.directory, 'kubelet.sock')
  rmSync(socket, { force: true })
  const { look, log } = plugin(context)
  for (const _ of [1, 2]) await look()
  assert.is(log.lines.filter(({ level }) => level === 'warn').length, 1)
  await context.kubelet.start()
  await look()
  await offers(context, probe, 1)
})

test('after an end that nobody saw, what is left of the sockets is in nobody’s way', async (context) => {
  for (const name of ['ephemera.dev-kvm.sock', 'ephemera.dev-kvm-probe.sock'])
    writeFileSync(join(context.directory, name), '')
  await plugin(context).look()
  await offers(context, probe, 1)
})

test('at its end it takes its sockets away', async (context) => {
  const { look, made } = plugin(context)
  await look()
  made.close()
  assert.equal(
    readdirSync(context.directory).filter((name) => name.startsWith('ephemera') && name.endsWith('.sock')),
    [],
  )
})

for (const [what, make] of [
  ['a pipe that nobody writes to', (path: string) => execFileSync('mkfifo', [path])],
  ['a link', (path: string) => symlinkSync('/proc/self/environ', path)],
  ['a folder', (path: string) => mkdirSync(path)],
] as const) {
  test(`${what} in place of the probe's word is no word, and holds nothing up`, async (context) => {
    mkdirSync(join(context.directory, 'ephemera.dev-kvm'))
    make(join(context.directory, 'ephemera.dev-kvm', 'verdict'))
    const { look, log } = plugin(context)
    await look()
    await offers(context, kvm, 0)
    assert.ok(log.lines.some(({ fields }) => fields.why === 'The probe has not said anything yet.'))
  })
}

test.run()
