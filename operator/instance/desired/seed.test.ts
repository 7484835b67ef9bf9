import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { seedFiles } from './seed.ts'

const source = { uid: 'u-1', name: 'web1', rebuildGeneration: 0, sshAuthorizedKeys: [] as string[] }
const metaData = (overrides: Partial<Parameters<typeof seedFiles>[0]>) =>
  parse(seedFiles({ ...source, ...overrides })['meta-data']) as Record<string, unknown>

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
  assert.equal(parse(seedFiles(source)['user-data']), {})
})

test.run()
