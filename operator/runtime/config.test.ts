import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { z } from 'zod'
import { ConfigError, describeConfig, type LoadOptions, loadConfig, printable } from './config.ts'

const schema = z.object({
  metricsPort: z.int().min(0).max(65535).default(8080).describe('Port of health and metrics'),
  logLevel: z.enum(['debug', 'info']).default('info'),
  overcommit: z.number().default(4),
  verbose: z.boolean().default(false),
  namespaces: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  lease: z.object({ durationSeconds: z.number().default(15) }).prefault({}),
  masterKey: z.string().meta({ secret: true }).optional(),
})

const load = (options: Partial<LoadOptions<typeof schema>> & { yaml?: string }) =>
  loadConfig({
    schema,
    argv: [],
    env: {},
    envPrefix: 'EPHEMERA',
    readFile: () => options.yaml ?? '',
    ...options,
  })

test('defaults hold where nothing is said', () => {
  assert.equal(load({}), {
    metricsPort: 8080,
    logLevel: 'info',
    overcommit: 4,
    verbose: false,
    namespaces: [],
    labels: {},
    lease: { durationSeconds: 15 },
  })
})

test('a flag goes before the environment, which goes before the file', () => {
  const yaml = 'metricsPort: 1\novercommit: 1\nlogLevel: debug\nlease: {durationSeconds: 9}\n'
  const env = { EPHEMERA_CONFIG: 'c.yaml', EPHEMERA_METRICS_PORT: '2', EPHEMERA_OVERCOMMIT: '2.5' }
  const config = load({ yaml, env, argv: ['--metrics-port', '3'] })
  assert.is(config.metricsPort, 3)
  assert.is(config.overcommit, 2.5)
  assert.is(config.logLevel, 'debug')
  assert.is(config.lease.durationSeconds, 9)
})

test('text becomes what the schema asks for', () => {
  const argv = ['--verbose', '--namespaces=a,b', '--labels', 'x=1,y=2=3', '--lease-duration-seconds=20']
  const config = load({ argv })
  assert.is(config.verbose, true)
  assert.equal(config.namespaces, ['a', 'b'])
  assert.equal(config.labels, { x: '1', y: '2=3' })
  assert.is(config.lease.durationSeconds, 20)
})

const mistakes: { name: string; options: Parameters<typeof load>[0]; want: RegExp }[] = [
  {
    name: 'an unknown flag',
    options: { argv: ['--metrics-prot', '1'] },
    want: /unknown argument --metrics-prot/,
  },
  {
    name: 'a flag without its value',
    options: { argv: ['--metrics-port'] },
    want: /--metrics-port needs a value/,
  },
  {
    name: 'text for a number',
    options: { env: { EPHEMERA_METRICS_PORT: 'http' } },
    want: /EPHEMERA_METRICS_PORT: "http" is not a number/,
  },
  { name: 'a number out of range', options: { argv: ['--metrics-port', '70000'] }, want: /metricsPort: / },
  {
    name: 'an unknown key in the file',
    options: { argv: ['--config', 'c'], yaml: 'metricPort: 1' },
    want: /metricPort/,
  },
  {
    name: 'a file that is a list',
    options: { argv: ['--config', 'c'], yaml: '- a' },
    want: /not a YAML file of keys/,
  },
  { name: 'neither true nor false', options: { argv: ['--verbose=yes'] }, want: /neither true nor false/ },
]
for (const { name, options, want } of mistakes)
  test(`${name} is refused with a message that names it`, () =>
    assert.throws(
      () => load(options),
      (error: unknown) => error instanceof ConfigError && want.test(error.message),
    ))

test('what is printed holds no secrets', () => {
  const config = load({ env: { EPHEMERA_MASTER_KEY: 'hunter2' } })
  assert.is(config.masterKey, 'hunter2')
  assert.is(printable(schema, config).masterKey, '[redacted]')
  assert.is(printable(schema, config).metricsPort, 8080)
})

test('the help has a line for each flag', () => {
  assert.match(describeConfig(schema), /--metrics-port INTEGER +Port of health and metrics \(default 8080\)/)
  assert.match(describeConfig(schema), /--lease-duration-seconds NUMBER/)
})

test.run()
