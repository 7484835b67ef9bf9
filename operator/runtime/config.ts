import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

/** A mistake of the person who starts the program: show the message and exit. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type LoadOptions<S extends z.ZodObject> = Readonly<{
  /** Keys in camelCase, nested at will; `.describe()` becomes the help, `.meta({ secret: true })` hides a value. */
  schema: S
  /** Without the program's name. */
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** `EPHEMERA` makes `EPHEMERA_METRICS_PORT` of `metricsPort`. */
  envPrefix: string
  readFile?: (path: string) => string
}>

type Leaf = Readonly<{
  path: readonly string[]
  flag: string
  type: string
  description: string
  fallback: unknown
  secret: boolean
}>

type JsonSchema = {
  type?: string
  properties?: Record<string, JsonSchema>
  description?: string
  default?: unknown
  secret?: boolean
  anyOf?: JsonSchema[]
}

/**
 * Configuration from, in falling order, `--flag value`, `PREFIX_FLAG`, the YAML file of `--config` (or `PREFIX_CONFIG`)
 * and the schema's defaults. `--lease-duration-seconds` sets `lease.durationSeconds`. Throws a ConfigError that names
 * every mistake.
 */
export function loadConfig<S extends z.ZodObject>(options: LoadOptions<S>): z.output<S> {
  const { schema, argv, env, envPrefix } = options
  const leaves = leavesOf(schema)
  const flags = readFlags(argv, leaves)
  const nameOf = (flag: string) => `${envPrefix}_${flag.toUpperCase().replaceAll('-', '_')}`
  const file = flags.get('config') ?? env[nameOf('config')]
  const raw = file === undefined ? {} : readConfigFile(file, options.readFile)
  for (const leaf of leaves) {
    const given = flags.get(leaf.flag)
    const text = given ?? env[nameOf(leaf.flag)]
    if (text === undefined) continue
    const source = given === undefined ? nameOf(leaf.flag) : `--${leaf.flag}`
    put(raw, leaf.path, readText(text, leaf.type, source))
  }
  const parsed = schema.strict().safeParse(raw)
  if (parsed.success) return parsed.data as z.output<S>
  throw new ConfigError(
    parsed.error.issues
      .map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`)
      .join('\n'),
  )
}

/** The configuration as it may be printed: values of secret keys are blanked. */
export function printable<S extends z.ZodObject>(schema: S, config: z.output<S>): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>
  for (const { path } of leavesOf(schema).filter((leaf) => leaf.secret))
    if (take(copy, path) !== undefined) put(copy, path, '[redacted]')
  return copy
}

/** One line for each flag, for `--help`. */
export function describeConfig(schema: z.ZodObject): string {
  const rows = leavesOf(schema).map(({ flag, type, description, fallback }) => {
    const left = `  --${flag} ${type.toUpperCase()}`
    const shown = fallback === undefined ? '' : ` (default ${JSON.stringify(fallback)})`
    return `${left.padEnd(44)} ${description}${shown}`
  })
  return [`${'  --config FILE'.padEnd(44)} YAML file with these keys`, ...rows].join('\n')
}

function leavesOf(schema: z.ZodObject): Leaf[] {
  const walk = (node: JsonSchema, path: readonly string[]): Leaf[] =>
    node.type === 'object' && node.properties !== undefined
      ? Object.entries(node.properties).flatMap(([key, inner]) => walk(inner, [...path, key]))
      : [
          {
            path,
            flag: path.map(kebab).join('-'),
            type: node.type ?? node.anyOf?.[0]?.type ?? 'string',
            description: node.description ?? '',
            fallback: node.default,
            secret: node.secret === true,
          },
        ]
  return walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, [])
}

const kebab = (key: string): string => key.replace(/[A-Z]+/g, (letters) => `-${letters.toLowerCase()}`)

/** `--flag value`, `--flag=value`, and `--flag` alone for a boolean. */
function readFlags(argv: readonly string[], leaves: readonly Leaf[]): Map<string, string> {
  const types = new Map([['config', 'string'], ...leaves.map((leaf) => [leaf.flag, leaf.type] as const)])
  const flags = new Map<string, string>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, flag = '', , value] = /^--([a-z0-9-]+)(=(.*))?$/s.exec(word) ?? []
    const type = types.get(flag)
    if (type === undefined) throw new ConfigError(`unknown argument ${word}: see --help`)
    const bare = type === 'boolean' && (rest[0] === undefined || rest[0].startsWith('--'))
    const text = value ?? (bare ? 'true' : rest.shift())
    if (text === undefined) throw new ConfigError(`--${flag} needs a value`)
    flags.set(flag, text)
  }
  return flags
}

function readText(text: string, type: string, source: string): unknown {
  switch (type) {
    case 'number':
    case 'integer': {
      const number = Number(text)
      if (text.trim() === '' || Number.isNaN(number))
        throw new ConfigError(`${source}: "${text}" is not a number`)
      return number
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new ConfigError(`${source}: "${text}" is neither true nor false`)
      return text === 'true'
    case 'array':
      return text.split(',').filter((item) => item !== '')
    case 'object':
      return Object.fromEntries(text.split(',').map((pair) => splitPair(pair, source)))
    default:
      return text
  }
}

function splitPair(pair: string, source: string): [string, string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new ConfigError(`${source}: "${pair}" has not the form key=value`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function readConfigFile(
  path: string,
  readFile: (path: string) => string = (name) => readFileSync(name, 'utf8'),
): Record<string, unknown> {
  try {
    const value: unknown = parseYaml(readFile(path)) ?? {}
    if (isRecord(value)) return value
  } catch (error) {
    throw new ConfigError(
      `${path} can not be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  throw new ConfigError(`${path} is not a YAML file of keys and values`)
}

function put(target: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return
  if (rest.length === 0) {
    target[key] = value
    return
  }
  const inner = target[key]
  const next = isRecord(inner) ? inner : {}
  target[key] = next
  put(next, rest, value)
}

const take = (source: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), source)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
