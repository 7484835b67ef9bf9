import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** The part of a CRD's schema that says what a value may be. */
export type Schema = Readonly<{
  type?: string
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  maxProperties?: number
  required?: readonly string[]
  properties?: Readonly<Record<string, Schema>>
  items?: Schema
  additionalProperties?: Schema | boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-validations'?: readonly Readonly<{ rule: string; message?: string }>[]
}>

const root = join(import.meta.dirname, '../../..')

/** The schema of the spec of a kind, by the plural of its name. */
export function specSchema(plural: string): Schema {
  const crd = parse(readFileSync(join(root, 'crds', `${plural}.yaml`), 'utf8'))
  return crd.spec.versions[0].schema.openAPIV3Schema.properties.spec
}

/** A place in an object: names of fields and of map entries, and numbers of list entries. */
export type Path = readonly (string | number)[]

/** A place of the schema with all examples of a value there, and where in which example each is. */
export type Place = Readonly<{
  /** As people write it, any entry of a list as `[]` and of a map as `*`. */
  name: string
  schema: Schema
  found: readonly Readonly<{ example: object; path: Path; value: unknown }>[]
}>

/** All places of a schema, the outer before the inner. */
export function placesOf(schema: Schema, examples: readonly object[], name = 'spec'): Place[] {
  return inner(
    name,
    schema,
    examples.map((example) => ({ example, path: [], value: example })),
  )
}

function inner(name: string, schema: Schema, found: Place['found']): Place[] {
  const members = Object.entries(schema.properties ?? {}).flatMap(([key, of]) =>
    inner(
      `${name}.${key}`,
      of,
      found.flatMap(({ example, path, value }) => entry(example, [...path, key], (value as never)[key])),
    ),
  )
  const of =
    schema.items ??
    (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined)
  const entries =
    of === undefined
      ? []
      : inner(
          schema.items === undefined ? `${name}.*` : `${name}[]`,
          of,
          found.flatMap(({ example, path, value }) => {
            const [first] = Object.entries(value as object)
            if (first === undefined) return []
            const key = schema.items === undefined ? first[0] : Number(first[0])
            return entry(example, [...path, key], first[1])
          }),
        )
  return [{ name, schema, found }, ...members, ...entries]
}

const entry = (example: object, path: Path, value: unknown) =>
  value === undefined ? [] : [{ example, path, value }]
