import { stringify } from 'yaml'
import { z } from 'zod'
import { group, version } from '../../operator/api/group.ts'
import type { Kind } from './kinds.ts'
import { type Schema, structural } from './structural.ts'

const typeMeta = {
  apiVersion: { description: `The version of the kind: ${group}/${version}.`, type: 'string' },
  kind: { description: 'The name of the kind.', type: 'string' },
  // The API server knows the rest of it, and refuses a description.
  metadata: { type: 'object' },
}

/** The `openAPIV3Schema` of a kind. */
export function schemaOf({ kind, schema }: Kind): Schema {
  const whole = structural(
    z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }) as Schema,
  )
  const { properties, ...rest } = whole
  const { spec, status } = properties as Record<string, Schema>
  return {
    ...rest,
    required: ['spec'],
    properties: {
      ...typeMeta,
      kind: { ...typeMeta.kind, description: `${typeMeta.kind.description} ${kind}.` },
      spec,
      // A kind about which the operator finds nothing out has none.
      ...(status === undefined ? {} : { status }),
    },
  }
}

/** The CustomResourceDefinition of a kind. */
export function definition(kind: Kind): Schema {
  const { plural, singular, shortNames, scope, columns, selectableFields, scale } = kind
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular,
        shortNames,
        categories: ['ephemera'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...('status' in (schemaOf(kind).properties as object) && {
            subresources: { status: {}, ...(scale && { scale }) },
          }),
          additionalPrinterColumns: columns,
          ...(selectableFields.length > 0 && {
            selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })),
          }),
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  }
}

/** The file of a kind's CRD: its name and its text. */
export function crdFile(kind: Kind): Readonly<{ name: string; text: string }> {
  const yaml = stringify(definition(kind), { lineWidth: 0, aliasDuplicateObjects: false })
  return {
    name: `${kind.plural}.yaml`,
    text: `# Generated from operator/api by hack/crds/generate.ts: don't edit.\n${yaml}`,
  }
}
