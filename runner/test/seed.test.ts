import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

/** A file of the seed's disk, byte for byte. */
const inSeed = (pod: Pod, path: string): Buffer =>
  execFileSync('mtype', ['-i', join(pod.folder, 'run/seed.img'), `::${path}`], { maxBuffer: 2 ** 24 })

test('user-data that lies elsewhere is waited for, and reaches the guest byte for byte', async () => {
  const pod = await startPod({
    env: { VM_USER_DATA_FROM: 'Secret web-data with key script' },
    userData: 'not this',
  })
  try {
    const { reason, message } = await pod.until((state) => state.phase === 'Waiting', 10)
    assert.is(reason, 'UserDataMissing')
    assert.match(message, /There is no Secret web-data with key script in this namespace.*create it/)

    const packed = gzipSync('#!/bin/sh\nid -un >/root/ran\n')
    writeFileSync(join(pod.folder, 'user-data/user-data'), packed, { mode: 0o644 })
    await pod.until((state) => state.guest === 'Ready')
    assert.ok(inSeed(pod, 'user-data').equals(packed))
    const ran = await waitFor(
      async () => {
        const { code, stdout } = await pod.ssh('cat /root/ran')
        // The shell makes the file before there is a word in it.
        return code === 0 && stdout !== '' ? stdout.trim() : undefined
      },
      30,
      () => pod.log().slice(-2000),
    )
    assert.is(ran, 'root')
    assert.not.match(pod.log(), /root\/ran/)
  } finally {
    await pod.remove()
  }
})

test('a ConfigDrive has its label, and each file where OpenStack has it', async () => {
  const binary = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) & 255))
  const pod = await startPod({
    env: { VM_USER_DATA_FROM: 'Secret web', VM_SEED: 'configdrive', VM_READINESS: 'none' },
  })
  try {
    const seed = join(pod.folder, 'seed')
    writeFileSync(join(seed, 'vendor-data'), '{"cloud-init": ""}')
    writeFileSync(join(seed, 'network-config'), '{"links": []}')
    writeFileSync(join(pod.folder, 'user-data/user-data'), binary, { mode: 0o644 })
    await pod.until((state) => state.guest === 'Ready')
    const at = 'openstack/latest'
    assert.ok(inSeed(pod, `${at}/user_data`).equals(binary))
    assert.ok(inSeed(pod, `${at}/meta_data.json`).equals(readFileSync(join(seed, 'meta-data'))))
    assert.is(inSeed(pod, `${at}/vendor_data.json`).toString(), '{"cloud-init": ""}')
    assert.is(inSeed(pod, `${at}/network_data.json`).toString(), '{"links": []}')
    const label = execFileSync('blkid', ['-o', 'value', '-s', 'LABEL', join(pod.folder, 'run/seed.img')])
    assert.is(label.toString().trim(), 'CONFIG-2')
  } finally {
    await pod.remove()
  }
})

test.run()
