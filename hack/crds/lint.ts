import type { Schema } from './structural.ts'

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const known = new Set([
  'description',
  'type',
  'format',
  'properties',
  'additionalProperties',
  'items',
  'required',
  'enum',
  'default',
  'nullable',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'minimum',
  'maximum',
  'anyOf',
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
])

/**
 * What the API server would refuse, and what the project asks for besides: every field has a description, every list a
 * limit and a type. Gives one line for each fault, with the path of the field.
 */
export function lint(schema: Schema, path = ''): string[] {
  const faults: string[] = []
  const fault = (what: string) => faults.push(`${path || 'the root'}: ${what}`)

  for (const key of Object.keys(schema))
    if (!known.has(key)) fault(`${key} is not allowed in a structural schema`)
  const intOrString = schema['x-kubernetes-int-or-string'] === true
  if (typeof schema.type !== 'string' && !intOrString) fault('no type')
  if (typeof schema.type === 'string' && intOrString) fault('a type beside int-or-string')
  if (schema.properties && schema.additionalProperties) fault('properties and additionalProperties together')
  if (schema.anyOf && !intOrString) fault('anyOf')
  if (typeof schema.pattern === 'string' && /\(\?[=!<]/.test(schema.pattern))
    fault('lookaround in a pattern, which RE2 lacks')
  if (typeof schema.description !== 'string' && !path.endsWith('[]') && path !== '.metadata')
    fault('no description')

  if (schema.type === 'array') {
    if (schema.maxItems === undefined) fault('no maxItems')
    if (schema['x-kubernetes-list-type'] === undefined) fault('no x-kubernetes-list-type')
    if (!isSchema(schema.items)) fault('no items')
    else faults.push(...keyFaults(schema, path), ...lint(schema.items, `${path}[]`))
  }
  const rules = schema['x-kubernetes-validations']
  for (const rule of Array.isArray(rules) ? rules : []) {
    if (!rule.message) fault(`the rule ${rule.rule} has no message`)
  }
  const properties = isSchema(schema.properties) ? schema.properties : {}
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (!(name in properties)) fault(`requires ${name}, which it does not have`)
    else if ((properties[name] as Schema).default !== undefined)
      fault(`requires ${name}, which has a default`)
  }
  for (const [name, property] of Object.entries(properties))
    faults.push(...lint(property as Schema, `${path}.${name}`))
  return faults
}

function keyFaults(list: Schema, path: string): string[] {
  const keys = list['x-kubernetes-list-map-keys']
  if (list['x-kubernetes-list-type'] !== 'map') return []
  if (!Array.isArray(keys) || keys.length === 0) return [`${path}: a list of type map without keys`]
  const { properties = {}, required = [] } = list.items as { properties?: Schema; required?: string[] }
  return keys
    .filter(
      (key) => !required.includes(key) && (properties[key] as Schema | undefined)?.default === undefined,
    )
    .map((key) => `${path}: the key ${key} is neither required nor has a default`)
}
