/** A JSON schema as zod writes it, or a part of one. */
export type Schema = { [key: string]: unknown }

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Rewrites zod's OpenAPI schema into a structural one, as a CustomResourceDefinition asks for:
 *  - no `additionalProperties` beside `properties` (zod writes it for strict and loose objects),
 *  - an int-or-string loses the union that the extension already implies,
 *  - integers get a format instead of JavaScript's safe range,
 *  - dates get a format instead of a page of pattern, and a length for CEL's cost,
 *  - no empty `properties`.
 * The description comes first, for those who read the YAML.
 */
export function structural(schema: Schema): Schema {
  const { description, type, ...rest } = schema
  const result: Schema = {}
  if (description !== undefined) result.description = description
  if (type !== undefined) result.type = type

  if (rest['x-kubernetes-int-or-string'] === true) {
    return {
      ...result,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      maxLength: intOrStringLength(rest.anyOf),
      ...without(rest, ['anyOf', 'allOf', 'oneOf']),
    }
  }
  for (const union of ['anyOf', 'oneOf', 'allOf']) {
    if (rest[union] !== undefined)
      throw new Error(`a union (${union}) has no structural form: use optional members and a CEL rule`)
  }

  if (rest.format === 'date-time')
    return { ...result, format: 'date-time', maxLength: 64, ...without(rest, ['format', 'pattern']) }
  if (type === 'integer') Object.assign(result, integer(rest))
  const { properties, items, additionalProperties, minimum, maximum, ...others } = rest
  if (type !== 'integer') {
    if (minimum !== undefined) result.minimum = minimum
    if (maximum !== undefined) result.maximum = maximum
  }
  Object.assign(result, others)
  if (isSchema(items)) result.items = structural(items)
  if (isSchema(properties) && Object.keys(properties).length > 0) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, structural(property as Schema)]),
    )
  } else if (isSchema(additionalProperties) && Object.keys(additionalProperties).length > 0) {
    result.additionalProperties = structural(additionalProperties)
  }
  return result
}

function integer({ minimum, maximum }: Schema): Schema {
  const least = typeof minimum === 'number' ? minimum : Number.MIN_SAFE_INTEGER
  const most = typeof maximum === 'number' ? maximum : Number.MAX_SAFE_INTEGER
  const fits32 = least >= -(2 ** 31) && most < 2 ** 31
  return {
    format: fits32 ? 'int32' : 'int64',
    ...(least > -(2 ** 31) && { minimum: least }),
    ...(most < 2 ** 31 - 1 && { maximum: most }),
  }
}

function intOrStringLength(anyOf: unknown): number {
  const branch = Array.isArray(anyOf) ? anyOf.find((each) => each.type === 'string') : undefined
  if (typeof branch?.maxLength !== 'number')
    throw new Error('an int-or-string needs a maxLength on its string')
  return branch.maxLength
}

function without(schema: Schema, keys: readonly string[]): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)))
}
