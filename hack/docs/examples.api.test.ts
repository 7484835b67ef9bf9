import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAllDocuments } from 'yaml'
import { ephemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { namespaces } from '../../operator/kube/resource.ts'
import { clientOf, installCrds } from '../apiserver/connect.ts'
import { kubectl } from '../apiserver/kubectl.ts'
import { type ApiServer, startApiServer } from '../apiserver/start.ts'

const folder = join(import.meta.dirname, '../../examples')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

/** The namespaces that examples name. */
const namespacesOf = (names: readonly string[]) =>
  new Set(
    names
      .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
      .flatMap((document): string[] => document.toJS().metadata.namespace ?? []),
  )

let server: ApiServer

test.before(async () => {
  server = await startApiServer()
  const client = clientOf(server)
  await installCrds(client)
  for (const name of namespacesOf(files)) await client.create(namespaces, { metadata: { name } })
  await client.close()
})
test.after(() => server?.stop())

for (const name of files) {
  const path = join(folder, name)
  const text = readFileSync(path, 'utf8')
  const objects = parseAllDocuments(text).map((document) => document.toJS())

  test(`${name} is taken by the API server, which knows each of its fields`, async () => {
    const said = await kubectl(server, 'apply', '--dry-run=server', '--validate=strict', '-f', path)
    assert.is(said.trim().split('\n').length, objects.length, said)
  })

  test(`${name} says what it shows before it shows it`, () => assert.match(text, /^# \w.{30}/))

  test(`the instances of ${name} are read by the operator's own schema`, () => {
    for (const object of objects.filter(({ kind }) => kind === 'EphemeralInstance')) {
      const read = ephemeralInstance.safeParse(object)
      assert.ok(read.success, read.error?.message)
    }
  })
}

test('no two examples make an object of the same kind and name: all of them can be applied together', () => {
  const ids = files.flatMap((name) =>
    parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => {
      const { kind, metadata } = document.toJS()
      return `${kind}/${metadata.name}`
    }),
  )
  assert.equal(
    ids.filter((id, at) => ids.indexOf(id) !== at),
    [],
  )
})

test.run()
