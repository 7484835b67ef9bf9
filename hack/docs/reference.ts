import { group, version } from '../../operator/api/group.ts'
import { schemaOf } from '../crds/definition.ts'
import type { Kind } from '../crds/kinds.ts'
import type { Schema } from '../crds/structural.ts'

type Field = Readonly<{ path: string; schema: Schema; required: boolean }>

/** The Markdown page that explains every field of these kinds. */
export function referencePage(kinds: readonly Kind[]): string {
  return [
    '<!-- Generated from crds/ by hack/docs/api.ts: do not edit. -->',
    '# API reference',
    '',
    `Every field of \`${group}/${version}\`. \`kubectl explain ei.spec --recursive\` tells the same from a cluster. Fields in **bold** must be given.`,
    ...kinds.flatMap(kindSection),
    '',
  ].join('\n')
}

function kindSection(kind: Kind): string[] {
  const schema = schemaOf(kind)
  const { spec, status } = schema.properties as Record<string, Schema>
  const short = kind.shortNames.map((name) => `\`${name}\``).join(', ')
  const selectable = kind.selectableFields.map((field) => `\`${field.slice(1)}\``).join(', ')
  return [
    '',
    `## ${kind.kind}`,
    '',
    `${text(schema.description)}`,
    '',
    `${kind.scope === 'Cluster' ? 'Belongs to the cluster' : 'Belongs to a namespace'}. Short name: ${short}.${selectable === '' ? '' : ` Field selectors: ${selectable}.`}`,
    ...rulesOf('The object as a whole', schema),
    ...fieldsSection(`${kind.kind} spec`, 'spec', spec),
    ...fieldsSection(`${kind.kind} status`, 'status', status),
  ]
}

function fieldsSection(title: string, root: string, schema: Schema | undefined): string[] {
  if (schema === undefined) return []
  const fields = fieldsOf(root, schema)
  return [
    '',
    `### ${title}`,
    '',
    text(schema.description),
    ...rulesOf('Rules', schema),
    '',
    '| Field | Type | Meaning |',
    '| --- | --- | --- |',
    ...fields.map(row),
  ]
}

/** What has the fields of another kind's spec is told of there alone. */
const toldElsewhere = ['spec.template.spec']

/** All fields below a schema, parents before their members; the entries of a list are `name[]`. */
export function fieldsOf(path: string, schema: Schema): Field[] {
  if (toldElsewhere.includes(path)) return []
  const items = schema.items as Schema | undefined
  if (items !== undefined) return fieldsOf(`${path}[]`, items)
  const required = (schema.required ?? []) as readonly string[]
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(([name, member]) => {
    const here = `${path}.${name}`
    return [{ path: here, schema: member, required: required.includes(name) }, ...fieldsOf(here, member)]
  })
}

function row({ path, schema, required }: Field): string {
  const name = required ? `**\`${path}\`**` : `\`${path}\``
  const rules = messagesOf(schema).map((message) => `Rule: ${sentence(message)}`)
  return `| ${name} | ${typeOf(schema)} | ${[text(schema.description), ...rules].map(cell).join('<br>')} |`
}

/** Type, limits, choices and default in a few words. */
export function typeOf(schema: Schema): string {
  const choices = schema.enum as readonly string[] | undefined
  const words = [
    choices === undefined ? typeName(schema) : choices.map((choice) => `\`${choice}\``).join(' or '),
    limits(schema),
    schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``,
  ]
  return words.filter((word) => word !== '').join(', ')
}

function typeName(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true)
    return schema.maxLength === 5 ? 'number or share' : 'quantity'
  if (schema.format === 'date-time') return 'time'
  if (schema.type === 'array') return `list of ${typeName(schema.items as Schema)}s`
  return String(schema.type)
}

function limits({ type, minimum, maximum, maxItems }: Schema): string {
  if (type === 'array') return maxItems === undefined ? '' : `at most ${maxItems}`
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  if (minimum !== undefined) return `at least ${minimum}`
  return maximum === undefined ? '' : `at most ${maximum}`
}

function rulesOf(what: string, schema: Schema): string[] {
  const messages = messagesOf(schema)
  return messages.length === 0 ? [] : ['', `${what}: ${sentence(messages.join('; '))}`]
}

function messagesOf(schema: Schema): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []) as readonly { message: string }[]
  return rules.map(({ message }) => message)
}

const text = (description: unknown): string => (typeof description === 'string' ? description : '')

/** A cell of a table holds no bar and no line break. */
const cell = (words: string): string => words.replaceAll('|', '\\|').replaceAll('\n', ' ')

const sentence = (words: string): string => (/[.?!]$/.test(words) ? words : `${words}.`)
