import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { qemuImg, rawDisk, sameDisk } from './images.ts'
import { type Lab, peerAddress, startLab } from './lab.ts'
import { layer } from './push.ts'
import { login, type Registry, startRegistry } from './registry.ts'
import { waitFor } from './wait-for.ts'

let lab: Lab
let open: Registry
let storage: string
let disk: string
let digest: string

/** The Secret of a login, as `kubectl create secret docker-registry` makes it. */
function credentials(host: string, password = login.password): string {
  const folder = lab.fresh()
  const auth = Buffer.from(`${login.user}:${password}`).toString('base64')
  writeFileSync(join(folder, '.dockerconfigjson'), JSON.stringify({ auths: { [host]: { auth } } }))
  chmodSync(join(folder, '.dockerconfigjson'), 0o444)
  return folder
}

const pull = (
  image: string,
  more: Readonly<{ auth?: string; env?: Readonly<Record<string, string>> }> = {},
) => lab.run({ job: 'import-oci', ...more, env: { WORKER_OCI_IMAGE: image, ...more.env } })

test.before(async () => {
  lab = await startLab()
  storage = lab.fresh()
  open = await startRegistry(lab, storage, 'open', 5000)
  disk = join(lab.fresh(), 'disk.qcow2')
  rawDisk(`${disk}.raw`)
  qemuImg('convert', '-f', 'raw', '-O', 'qcow2', '-c', `${disk}.raw`, disk)
  digest = await open.push('lab/tiny:1', [layer({ 'disk/tiny.qcow2': disk })])
})
test.after(() => lab.remove())

const forms = [
  { name: 'a containerDisk of one layer', image: 'lab/tiny:1', push: undefined },
  {
    name: 'a layer packed with zstd',
    image: 'lab/zstd:1',
    push: () => [layer({ 'disk/a.img': disk }, 'zstd', './')],
  },
  {
    name: 'a layer that is not packed',
    image: 'lab/plain',
    push: () => [layer({ 'disk/a.img': disk }, 'none')],
  },
  {
    name: 'a disk below other layers',
    image: 'lab/deep:1',
    push: () => [
      layer({ 'etc/passwd': '/etc/hostname' }),
      layer({ 'disk/a.img': disk, 'bin/sh': '/etc/hostname' }),
      layer({ 'x/disk/no': '/etc/hostname' }),
    ],
  },
  {
    name: 'an index of several architectures',
    image: 'lab/index:1',
    push: () => [layer({ 'disk/a.img': disk })],
    platforms: ['s390x', 'amd64'],
  },
]
for (const { name, image, push, platforms } of forms) {
  test(`${name} becomes the image`, async () => {
    const pushed = push === undefined ? digest : await open.push(image, push(), platforms)
    const end = await pull(`http://${open.host}/${image}`)
    assert.is(end.code, 0, end.log)
    assert.ok(sameDisk(`${disk}.raw`, 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
    assert.is(end.outcome.sourceDigest, pushed)
  })
}

test('an image named by its digest becomes the image', async () => {
  const end = await pull(`http://${open.host}/lab/tiny@${digest}`)
  assert.is(end.code, 0, end.log)
  assert.is(end.outcome.sourceDigest, digest)
})

const refused = [
  { name: 'an image that is not there', image: () => 'lab/none:1', reason: 'SourceMissing' },
  {
    name: 'an image without a disk',
    image: () => 'lab/empty:1',
    reason: 'SourceMissing',
    layers: () => [layer({ 'etc/passwd': disk })],
  },
  {
    name: 'an image with two disks',
    image: () => 'lab/two:1',
    reason: 'UnknownFormat',
    layers: () => [layer({ 'disk/a': disk, 'disk/b': disk })],
  },
  {
    name: 'an image for other machines',
    image: () => 'lab/arm:1',
    reason: 'SourceMissing',
    layers: () => [layer({ 'disk/a': disk })],
    platforms: ['arm64'],
  },
  {
    name: 'another image than the digest says',
    image: () => 'lab/tiny:1',
    reason: 'DigestMismatch',
    env: { WORKER_DIGEST: `sha256:${'2'.repeat(64)}` },
  },
]
for (const { name, image, reason, layers, platforms, env } of refused) {
  test(`${name} is refused`, async () => {
    if (layers !== undefined) await open.push(image(), layers(), platforms)
    const end = await pull(`http://${open.host}/${image()}`, env === undefined ? {} : { env })
    assert.is(end.outcome.reason, reason, JSON.stringify(end.outcome))
    assert.is(end.code, 2)
    assert.equal(readdirSync(end.target), [])
  })
}

test('a layer that was changed in the registry is refused', async () => {
  const packed = layer({ 'disk/changed.img': disk })
  await open.push('lab/changed:1', [packed])
  const file = open.blob(
    `sha256:${execFileSync('sha256sum', { input: packed, encoding: 'utf8' }).slice(0, 64)}`,
  )
  const other = layer({ 'disk/changed.img': `${disk}.raw` })
  writeFileSync(file, other)
  const end = await pull(`http://${open.host}/lab/changed:1`)
  assert.is(end.outcome.reason, 'DigestMismatch', JSON.stringify(end.outcome))
  assert.equal(readdirSync(end.target), [])
})

test('a registry at an address that is not allowed is not asked', async () => {
  const end = await pull(`http://${open.host}/lab/tiny:1`, { env: { WORKER_ALLOW_CIDRS: '' } })
  assert.is(end.outcome.reason, 'AddressRefused')
})

for (const [door, port] of [
  ['basic', 5100],
  ['token', 5200],
] as const) {
  test(`a registry with ${door} sign-in is read with the credentials of the secret, and not without`, async () => {
    const registry = await startRegistry(lab, storage, door, port)
    const image = `http://${registry.host}/lab/tiny:1`
    const end = await pull(image, { auth: credentials(registry.host) })
    assert.is(end.code, 0, end.log)
    assert.is(end.outcome.sourceDigest, digest)
    for (const auth of [undefined, credentials(registry.host, 'wrong'), credentials('elsewhere:5000')]) {
      const refusal = await pull(image, auth === undefined ? {} : { auth })
      assert.is(refusal.outcome.reason, 'Unauthorized', JSON.stringify(refusal.outcome))
      assert.is(refusal.code, 2)
    }
    await registry.stop()
  })
}

/** A registry with this layer and tokens that are good for so many answers; gives the image's name there. */
async function forgetful(packed: Buffer, answers: number, port: number): Promise<string> {
  const folder = lab.fresh()
  const hex = execFileSync('sha256sum', { input: packed, encoding: 'utf8' }).slice(0, 64)
  writeFileSync(join(folder, 'layer'), packed)
  writeFileSync(join(folder, 'manifest'), JSON.stringify({ layers: [{ digest: `sha256:${hex}` }] }))
  const script = join(import.meta.dirname, 'forgetful-registry.ts')
  lab.spawn('peer', process.execPath, script, folder, peerAddress, String(port), String(answers))
  const host = `${peerAddress}:${port}`
  await waitFor(
    async () =>
      (await lab.inPeer('curl', '-s', '-o', '/dev/null', `http://${host}/v2/`)).code === 0 ? true : undefined,
    10,
    () => 'the registry does not listen',
  )
  return `http://${host}/lab/tiny:1`
}

const tokens = [
  { name: 'runs out before a layer is found', answers: 1, port: 5300, healed: false },
  { name: 'runs out when a transfer has broken', answers: 3, port: 5301, healed: true },
  {
    name: 'runs out before a layer is transferred, and again when that has broken',
    answers: 2,
    port: 5302,
    healed: true,
  },
]
for (const { name, answers, port, healed } of tokens) {
  test(`a token that ${name} is replaced${healed ? '' : ', as often as a download begins anew'}`, async () => {
    const end = await pull(await forgetful(layer({ 'disk/tiny.qcow2': disk }), answers, port))
    if (healed) {
      assert.is(end.code, 0, end.log)
      assert.ok(sameDisk(`${disk}.raw`, 'raw', join(end.target, 'disk.qcow2'), 'qcow2'))
    } else {
      assert.equal([end.outcome.reason, end.code], ['HTTPError', 1], end.log)
      assert.equal(readdirSync(end.target), [])
    }
  })
}

test.run()
