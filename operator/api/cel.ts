import type { z } from 'zod'

/** One CEL rule of a CRD schema. `message` is all that a user sees of it: it says what to do. */
export type Rule = Readonly<{
  rule: string
  message: string
  /** CEL that makes the message from what is there; `message` is for where it fails. */
  messageExpression?: string
  /** Where kubectl points, relative to the schema that holds the rule, such as `.flavor`. */
  fieldPath?: string
  /** Set it where `oldSelf` may be missing. */
  optionalOldSelf?: boolean
}>

/** Rules for `schema.meta()`, which the CRD generator passes on untouched. */
export function rules(...list: readonly Rule[]): Readonly<{ 'x-kubernetes-validations': readonly Rule[] }> {
  return { 'x-kubernetes-validations': list }
}

/** The rules that a schema has already, for one that adds to them. */
export function rulesOf(schema: z.ZodType): readonly Rule[] {
  return (schema.meta()?.['x-kubernetes-validations'] ?? []) as readonly Rule[]
}

/** Meta for a list whose entries are told apart by these fields, so that two appliers can own one entry each. */
export function listMap(...keys: readonly string[]) {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys } as const
}

/** A CEL condition that holds when exactly one of the fields is set. */
export function exactlyOneOf(...fields: readonly string[]): string {
  return `${countOf(fields)} == 1`
}

/** A CEL condition that holds when one or none of the fields is set. */
export function atMostOneOf(...fields: readonly string[]): string {
  return `${countOf(fields)} <= 1`
}

function countOf(fields: readonly string[]): string {
  return `[${fields.map((field) => `has(self.${field})`).join(', ')}].filter(x, x).size()`
}
