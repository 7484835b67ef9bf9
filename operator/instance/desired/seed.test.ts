import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { type SeedSource, seedFileNames, seedFiles } from './seed.ts'
import { vendorData } from './vendor-data.ts'

const source = { uid: 'u-1', name: 'web1', rebuildGeneration: 0, sshAuthorizedKeys: [] as string[] }
const metaData = (overrides: Partial<SeedSource>) =>
  parse(seedFiles({ ...source, ...overrides })['meta-data'] ?? '') as Record<string, unknown>

test('a rebuild gives the guest a new instance-id', () => {
  assert.is(metaData({ rebuildGeneration: 0 })['instance-id'], 'u-1-0')
  assert.is(metaData({ rebuildGeneration: 1 })['instance-id'], 'u-1-1')
})

test('the host name is the instance name, even one that YAML would read as a number', () => {
  assert.is(metaData({ name: '123' })['local-hostname'], '123')
})

test('keys reach meta-data whole, whatever their comments hold', () => {
  const keys = ['ssh-ed25519 AAAAC3 me@home', 'ssh-rsa AAAAB3 "quoted": {x} # hash\\']
  assert.equal(metaData({ sshAuthorizedKeys: keys })['public-keys'], keys)
})

test('user-data is passed on byte for byte', () => {
  const userData = '#!/bin/sh\necho "ü"\r\n'
  assert.is(seedFiles({ ...source, userData })['user-data'], userData)
})

test('without user-data the seed holds an empty cloud-config', () => {
  assert.equal(parse(seedFiles(source)['user-data'] ?? ''), {})
})

test('user-data that lies elsewhere is no part of it', () => {
  assert.equal(seedFileNames({ ...source, userDataFrom: {} }), ['meta-data', 'vendor-data'])
})

test('words for the guest stand under meta, and cannot break out', () => {
  const words = { role: 'web "1"', 'public-keys:': '\n- evil' }
  assert.equal(metaData({ metadata: words }).meta, words)
  assert.equal(Object.keys(metaData({ metadata: words })), ['instance-id', 'local-hostname', 'meta'])
})

test('network configuration is passed on byte for byte', () => {
  const networkData = 'version: 2\r\nethernets: {}\n'
  assert.is(seedFiles({ ...source, networkData })['network-config'], networkData)
})

test('a ConfigDrive says the same in the words of OpenStack', () => {
  const keys = ['ssh-ed25519 AAAAC3 me@home', 'ssh-rsa AAAAB3']
  const files = seedFiles({
    ...source,
    rebuildGeneration: 3,
    sshAuthorizedKeys: keys,
    metadata: { role: 'web' },
    userData: '#!/bin/sh\n',
    networkData: '{"links": []}',
    defaultUser: 'ada',
    seedFormat: 'ConfigDrive',
  })
  assert.equal(JSON.parse(files['meta-data'] ?? ''), {
    uuid: 'u-1-3',
    name: 'web1',
    hostname: 'web1',
    launch_index: 0,
    public_keys: { 'key-0': keys[0], 'key-1': keys[1] },
    meta: { role: 'web' },
  })
  assert.is(files['user-data'], '#!/bin/sh\n')
  assert.is(files['network-config'], '{"links": []}')
  assert.is(JSON.parse(files['vendor-data'] ?? '')['cloud-init'], vendorData({ defaultUser: 'ada' }))
})

test.run()
