import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { vendorData } from './vendor-data.ts'

type Part = Readonly<{ type: string; content: string }>

function partsOf(source: Parameters<typeof vendorData>[0]): Part[] {
  const text = vendorData(source)
  assert.match(text, /^#cloud-config-archive\n/)
  return parse(text) as Part[]
}

test('the user of the BaseImage becomes the default one, who may become root', () => {
  const { content = '' } =
    partsOf({ defaultUser: 'ada' }).find(({ type }) => type === 'text/cloud-config') ?? {}
  assert.match(content, /^#cloud-config\n/)
  const { user } = parse(content) as { user: { name: string; sudo: string } }
  assert.is(user.name, 'ada')
  assert.is(user.sudo, 'ALL=(ALL) NOPASSWD:ALL')
})

test('without such a user there is no configuration of ours in the way of that of the image', () => {
  assert.equal(
    partsOf({}).map(({ type }) => type),
    ['text/cloud-boothook'],
  )
})

const root = mkdtempSync(join(tmpdir(), 'ephemera-machine-id-'))
test.after(() => rmSync(root, { recursive: true, force: true }))

const old = '0123456789abcdef0123456789abcdef\n'

/** The files of a guest that has booted under these instance-ids, the last one at present; its machine-id after the hook. */
function machineIdAfter(name: string, files: Readonly<Record<string, string>>, isOfSnapshot: boolean) {
  const guest = join(root, name)
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(guest, path)), { recursive: true })
    writeFileSync(join(guest, path), text)
  }
  for (const [path, text] of Object.entries(files)) put(path, text)
  const [{ content } = { content: '' }] = partsOf({ isOfSnapshot })
  put('hook', content.replaceAll(/(?<=[ =>])\/(var|etc)\//g, `${guest}/$1/`))
  put('bin/systemctl', `#!/bin/sh\necho "$@" >>${guest}/restarted\n`)
  for (const program of ['hook', 'bin/systemctl']) chmodSync(join(guest, program), 0o755)
  const env = { PATH: `${guest}/bin:${process.env.PATH}` }
  const run = () => {
    execFileSync(join(guest, 'hook'), { env })
    return readFileSync(join(guest, 'etc/machine-id'), 'utf8')
  }
  return {
    first: run(),
    second: run(),
    read: (path: string) => readFileSync(join(guest, path), 'utf8'),
    guest,
  }
}

const at = '/var/lib/cloud/instance/sem/x'
const here = { [at]: '', '/var/lib/cloud/instances/child-0/x': '' }
const before = { '/var/lib/cloud/instances/parent-0/x': '' }

const rows: readonly [string, Record<string, string>, isOfSnapshot: boolean, isFresh: boolean][] = [
  ['a disk that no other VM has booted keeps its own', here, false, false],
  ['a disk that another VM has booted gets one', { ...here, ...before }, false, true],
  ['a disk of a Snapshot gets one, whatever was cleaned from it', here, true, true],
]

for (const [name, files, isOfSnapshot, isFresh] of rows) {
  test(`machine-id: ${name}, once`, () => {
    const with_ = { ...files, '/etc/machine-id': old, '/var/lib/dbus/machine-id': old }
    const { first, second, read, guest } = machineIdAfter(name.replaceAll(/\W/g, '-'), with_, isOfSnapshot)
    assert.is(first !== old, isFresh)
    assert.match(first, /^[0-9a-f]{32}\n$/)
    assert.is(second, first, 'a reboot changes nothing')
    assert.is(read('/var/lib/dbus/machine-id'), first, 'D-Bus has the same')
    assert.is(existsSync(join(guest, 'restarted')), isFresh)
    if (isFresh) assert.is(read('restarted'), 'try-restart systemd-journald\n')
  })
}

test('machine-id: a guest without one gets none', () => {
  const files = { ...here, ...before, '/etc/machine-id': '' }
  assert.is(machineIdAfter('none', files, true).first, '')
})

test.run()
