import { type Path, type Place, placesOf, type Schema } from './schema.ts'
import type { Spec } from './specs.ts'

/** A spec in which one value is beyond what the schema allows, with what the API server's answer must say. */
export type Broken = Readonly<{ name: string; spec: Spec; want: RegExp }>

/** One for each bound that a schema sets: types, enums, least and largest values and lengths, required members. */
export function brokenBounds(schema: Schema, examples: readonly object[]): Broken[] {
  return placesOf(schema, examples).flatMap((place) => {
    const [first] = place.found
    if (first === undefined || first.path.length === 0) return []
    const { example, path, value } = first
    return waysToBreak(place, value).map(({ how, broken, says, at = path }) => ({
      name: `${place.name}: ${how}`,
      spec: replaced(example, [...path, ...at.slice(path.length)], broken) as Spec,
      want: new RegExp(`${escaped(pointed(at))}.*${says}`, 's'),
    }))
  })
}

type Way = Readonly<{
  how: string
  broken: unknown
  says: string
  /** Where the answer points, and what is replaced, if it is not the place itself. */
  at?: Path
}>

function waysToBreak({ schema, found }: Place, value: unknown): Way[] {
  const { minimum, maximum, minLength, maxLength, maxItems, maxProperties } = schema
  const path = found[0]?.path ?? []
  const longest = 'Too long|may not be (more|longer) than'
  return [
    ...(schema['x-kubernetes-int-or-string'] === true || schema.type === undefined
      ? []
      : [
          {
            how: 'another type',
            broken: schema.type === 'string' ? {} : 'words',
            says: `must be of type (${schema.type}|date-time)`,
          },
        ]),
    ...(schema.enum === undefined
      ? []
      : [{ how: 'an unknown word', broken: 'Nonsense', says: 'Unsupported value' }]),
    ...(minimum === undefined
      ? []
      : [{ how: 'too little', broken: minimum - 1, says: 'greater than or equal to' }]),
    ...(maximum === undefined
      ? []
      : [{ how: 'too much', broken: maximum + 1, says: 'less than or equal to' }]),
    ...(minLength === undefined ? [] : [{ how: 'nothing', broken: '', says: 'at least' }]),
    ...(maxLength === undefined
      ? []
      : [{ how: 'too long', broken: 'a'.repeat(maxLength + 1), says: `(${longest})` }]),
    ...(maxItems === undefined
      ? []
      : [
          {
            how: 'too many',
            broken: Array(maxItems + 1).fill((value as unknown[])[0]),
            says: 'must have at most',
          },
        ]),
    ...(maxProperties === undefined
      ? []
      : [{ how: 'too many', broken: manyOf(maxProperties + 1, value as object), says: 'must have at most' }]),
    ...(schema.required ?? []).map((key) => ({
      how: `no ${key}`,
      broken: undefined,
      says: 'Required value',
      at: [...path, key],
    })),
  ]
}

function manyOf(count: number, value: object): object {
  const [first] = Object.values(value)
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, first]))
}

/** A copy with another value at one place; undefined takes it away. */
function replaced(object: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(object)) return object.map((one, at) => (at === key ? replaced(one, rest, value) : one))
  const { [key]: old, ...others } = object as Spec
  const next = replaced(old, rest, value)
  return next === undefined ? others : { ...others, [key]: next }
}

/** As the API server writes a place. */
function pointed(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`),
    'spec',
  )
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
