import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

// What the scripts say when something is missing or wrong. No cluster is made or touched: each case has an empty cache.
const test = suite('cluster scripts')
const scratch = mkdtempSync(join(tmpdir(), 'cluster-test-'))
const here = import.meta.dirname

const run = (script: string, args: string[], env: Record<string, string> = {}) => {
  const clean = {
    ...process.env,
    EPHEMERA_CACHE: scratch,
    CLUSTER: 'none-such',
    NODES: '',
    EPHEMERA_KUBECONFIG: '',
  }
  const { status, stdout, stderr } = spawnSync(join(here, script), args, {
    env: { ...clean, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr: stderr.trim() }
}

/** A directory for PATH whose `go` says that it is the given version. */
const fakeGo = (version: string): string => {
  const dir = mkdtempSync(join(scratch, 'go-'))
  writeFileSync(join(dir, 'go'), `#!/bin/sh\necho go version go${version} linux/amd64\n`)
  chmodSync(join(dir, 'go'), 0o755)
  return `${dir}:/usr/bin:/bin`
}

const mistakes = [
  {
    name: 'in without a cluster says how to make one',
    script: 'in',
    args: ['true'],
    want: 'make one with hack/cluster/up',
  },
  {
    name: 'in without a command says how it is used',
    script: 'in',
    args: [],
    want: 'usage: hack/cluster/in COMMAND...',
  },
  {
    name: 'up refuses a number of nodes that is none',
    script: 'up',
    args: ['--nodes', 'many'],
    want: "not 'many'",
  },
  {
    name: 'up refuses an option that it does not know',
    script: 'up',
    args: ['--fast'],
    want: 'usage: hack/cluster/up',
  },
  {
    name: 'load names the archive that is not there',
    script: 'load',
    args: ['/no/such.tar'],
    want: '/no/such.tar',
  },
]
for (const { name, script, args, want } of mistakes) {
  test(name, () => {
    const { status, stderr } = run(script, args)
    assert.is(status, 1)
    assert.match(stderr, want)
    assert.is(stderr.split('\n').length, 1)
  })
}

test('up says that a cluster that it was pointed at does not answer', () => {
  const dir = mkdtempSync(join(scratch, 'tools-'))
  const { status, stderr } = run('up', [], {
    EPHEMERA_KUBECONFIG: join(dir, 'kubeconfig'),
    PATH: fakeGo('1.1'),
  })
  assert.is(status, 1)
  assert.match(stderr, 'no cluster answers at EPHEMERA_KUBECONFIG')
})

test('down leaves a cluster alone that it was pointed at', () => {
  const { status, stderr } = run('down', [], { EPHEMERA_KUBECONFIG: '/some/kubeconfig' })
  assert.is(status, 0)
  assert.match(stderr, 'leaving the cluster')
})

test('a Go that is too old is named with the version that is needed', () => {
  const { status, stderr } = run('../tools/go-check', [], { PATH: fakeGo('1.19.8') })
  assert.is(status, 1)
  assert.match(stderr, /^Go 1\.19\.8 on PATH is too old: install Go 1\.\d+\.\d+ or newer$/)
})

test('a missing Go is asked for', () => {
  const dir = mkdtempSync(join(scratch, 'no-go-'))
  for (const tool of ['bash', 'dirname', 'sed']) symlinkSync(`/usr/bin/${tool}`, join(dir, tool))
  const { status, stderr } = run('../tools/go-check', [], { PATH: dir })
  assert.is(status, 1)
  assert.match(stderr, /^Go is missing: install Go 1\.\d+\.\d+ or newer/)
})

const sizes = [
  { nodes: '1', workers: 0 },
  { nodes: '3', workers: 2 },
]
for (const { nodes, workers } of sizes) {
  test(`${nodes} nodes are one control plane and ${workers} workers`, () => {
    const { stdout } = run('kind-config', ['docker', nodes, 'image'])
    assert.is(stdout.split('role: control-plane').length - 1, 1)
    assert.is(stdout.split('role: worker').length - 1, workers)
  })
}

test.after(() => rmSync(scratch, { recursive: true, force: true }))
test.run()
