import type { z } from 'zod'
import { baseImage } from '../../operator/api/base-image.ts'
import { ephemeralInstance } from '../../operator/api/ephemeral-instance.ts'
import { flavor } from '../../operator/api/flavor.ts'
import { instanceSet } from '../../operator/api/instance-set.ts'
import { keyPair } from '../../operator/api/key-pair.ts'
import { securityGroup } from '../../operator/api/security-group.ts'
import { snapshot } from '../../operator/api/snapshot.ts'

/** A column of `kubectl get`. Priority 1 shows with `-o wide` alone. */
export type Column = Readonly<{
  name: string
  type: 'string' | 'integer' | 'date'
  jsonPath: string
  description: string
  priority?: number
}>

/** What a CRD says beyond its schema. */
export type Kind = Readonly<{
  kind: string
  plural: string
  singular: string
  shortNames: readonly string[]
  scope: 'Namespaced' | 'Cluster'
  columns: readonly Column[]
  selectableFields: readonly string[]
  /** Where `kubectl scale` and autoscalers read and write. */
  scale?: Readonly<{ specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string }>
  schema: z.ZodType
}>

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`
const age: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
}
const reason: Column = {
  name: 'Reason',
  type: 'string',
  jsonPath: condition('Ready', 'reason'),
  description: 'Why it is (not) ready.',
  priority: 1,
}
const message: Column = {
  name: 'Message',
  type: 'string',
  jsonPath: condition('Ready', 'message'),
  description: 'Why it is (not) ready, in a sentence.',
  priority: 1,
}

/** Every kind of the product, in the order of their file names. */
export const kinds: readonly Kind[] = [
  {
    kind: 'BaseImage',
    plural: 'baseimages',
    singular: 'baseimage',
    shortNames: ['bimg'],
    scope: 'Namespaced',
    schema: baseImage,
    selectableFields: ['.status.phase'],
    columns: [
      { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'One word that sums it up.' },
      {
        name: 'Progress',
        type: 'integer',
        jsonPath: '.status.progress',
        description: 'How much is done, in percent.',
      },
      { name: 'Size', type: 'string', jsonPath: '.status.size', description: 'Size of the file.' },
      {
        name: 'Disk',
        type: 'string',
        jsonPath: '.status.virtualSize',
        description: 'Size of the disk in it.',
      },
      { name: 'OS', type: 'string', jsonPath: '.spec.os', description: 'What is in it.' },
      {
        name: 'Used',
        type: 'integer',
        jsonPath: '.status.usedByCount',
        description: 'How many objects use it.',
      },
      age,
      {
        name: 'User',
        type: 'string',
        jsonPath: '.spec.defaultUser',
        description: 'The user to ssh in as.',
        priority: 1,
      },
      {
        name: 'Claim',
        type: 'string',
        jsonPath: '.status.claim',
        description: 'The claim that holds the image.',
        priority: 1,
      },
      reason,
      message,
    ],
  },
  {
    kind: 'EphemeralInstance',
    plural: 'ephemeralinstances',
    singular: 'ephemeralinstance',
    shortNames: ['ei'],
    scope: 'Namespaced',
    schema: ephemeralInstance,
    selectableFields: [
      '.spec.powerState',
      '.spec.flavor',
      '.spec.boot.claim',
      '.spec.boot.image',
      '.spec.boot.snapshot',
      '.status.phase',
      '.status.nodeName',
    ],
    columns: [
      { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'One word that sums it up.' },
      {
        name: 'Ready',
        type: 'string',
        jsonPath: condition('Ready', 'status'),
        description: 'Whether the guest answered; blank when stopped or paused as asked.',
      },
      { name: 'IP', type: 'string', jsonPath: '.status.ip', description: 'The address to ssh to.' },
      {
        name: 'Flavor',
        type: 'string',
        jsonPath: '.status.flavor',
        description: "The flavor's name, or cpus/memory/disk where the size is written out.",
      },
      {
        name: 'Node',
        type: 'string',
        jsonPath: '.status.nodeName',
        description: 'The node that the VM runs on.',
      },
      age,
      {
        name: 'Accelerator',
        type: 'string',
        jsonPath: '.status.accelerator',
        description: 'KVM or TCG (emulation).',
        priority: 1,
      },
      {
        name: 'Restarts',
        type: 'integer',
        jsonPath: '.status.restarts',
        description: 'Fresh VMs since the last rebuild.',
        priority: 1,
      },
      {
        name: 'Hostname',
        type: 'string',
        jsonPath: '.status.hostname',
        description: "The VM's name in the cluster's DNS.",
        priority: 1,
      },
      {
        name: 'CPUs',
        type: 'integer',
        jsonPath: '.status.resources.cpus',
        description: 'Virtual CPUs.',
        priority: 1,
      },
      {
        name: 'Memory',
        type: 'string',
        jsonPath: '.status.resources.memory',
        description: 'RAM.',
        priority: 1,
      },
      {
        name: 'Disk',
        type: 'string',
        jsonPath: '.status.resources.disk',
        description: 'Size of the disk.',
        priority: 1,
      },
      {
        name: 'Expires',
        type: 'string',
        jsonPath: '.status.expiresAt',
        description: 'When it expires.',
        priority: 1,
      },
      reason,
      message,
    ],
  },
  {
    kind: 'Flavor',
    plural: 'flavors',
    singular: 'flavor',
    shortNames: ['flv'],
    scope: 'Cluster',
    schema: flavor,
    selectableFields: [],
    columns: [
      { name: 'CPUs', type: 'integer', jsonPath: '.spec.cpus', description: 'Virtual CPUs.' },
      { name: 'Memory', type: 'string', jsonPath: '.spec.memory', description: 'RAM.' },
      { name: 'Disk', type: 'string', jsonPath: '.spec.disk', description: 'Size of the disk.' },
      { name: 'Description', type: 'string', jsonPath: '.spec.description', description: 'What it is for.' },
      age,
    ],
  },
  {
    kind: 'KeyPair',
    plural: 'keypairs',
    singular: 'keypair',
    shortNames: ['kp'],
    scope: 'Namespaced',
    schema: keyPair,
    selectableFields: [],
    columns: [
      { name: 'Type', type: 'string', jsonPath: '.status.type', description: 'Type of the key.' },
      {
        name: 'Fingerprint',
        type: 'string',
        jsonPath: '.status.fingerprint',
        description: 'As ssh-keygen -l writes it.',
      },
      { name: 'Comment', type: 'string', jsonPath: '.status.comment', description: 'Whose key it is.' },
      age,
    ],
  },
  {
    kind: 'InstanceSet',
    plural: 'instancesets',
    singular: 'instanceset',
    shortNames: ['eset'],
    scope: 'Namespaced',
    schema: instanceSet,
    selectableFields: [],
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
    columns: [
      {
        name: 'Desired',
        type: 'integer',
        jsonPath: '.spec.replicas',
        description: 'How many replicas there are to be.',
      },
      {
        name: 'Current',
        type: 'integer',
        jsonPath: '.status.replicas',
        description: 'How many there are.',
      },
      {
        name: 'Ready',
        type: 'integer',
        jsonPath: '.status.readyReplicas',
        description: 'How many of them answer.',
      },
      {
        name: 'Up-to-date',
        type: 'integer',
        jsonPath: '.status.updatedReplicas',
        description: 'How many of them were made from the template as it is.',
      },
      {
        name: 'Warm',
        type: 'integer',
        jsonPath: '.status.warmReplicas',
        description: 'How many spares are Ready.',
      },
      age,
      {
        name: 'Selector',
        type: 'string',
        jsonPath: '.status.selector',
        description: 'What selects the replicas and their pods.',
        priority: 1,
      },
      reason,
      message,
    ],
  },
  {
    kind: 'SecurityGroup',
    plural: 'securitygroups',
    singular: 'securitygroup',
    shortNames: ['esg'],
    scope: 'Namespaced',
    schema: securityGroup,
    selectableFields: [],
    columns: [
      {
        name: 'Ready',
        type: 'string',
        jsonPath: condition('Ready', 'status'),
        description: 'Whether its NetworkPolicy is as the rules say.',
      },
      { name: 'Description', type: 'string', jsonPath: '.spec.description', description: 'What it is for.' },
      age,
    ],
  },
  {
    kind: 'Snapshot',
    plural: 'snapshots',
    singular: 'snapshot',
    shortNames: ['esnap'],
    scope: 'Namespaced',
    schema: snapshot,
    selectableFields: ['.spec.instance', '.status.phase'],
    columns: [
      { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'One word that sums it up.' },
      {
        name: 'Progress',
        type: 'integer',
        jsonPath: '.status.progress',
        description: 'How much is done, in percent.',
      },
      {
        name: 'Instance',
        type: 'string',
        jsonPath: '.spec.instance',
        description: 'The instance whose disk it is.',
      },
      { name: 'Size', type: 'string', jsonPath: '.status.size', description: 'Size of the file.' },
      {
        name: 'Disk',
        type: 'string',
        jsonPath: '.status.virtualSize',
        description: 'Size of the disk in it.',
      },
      age,
      {
        name: 'Name',
        type: 'string',
        jsonPath: '.spec.displayName',
        description: 'The name for people.',
        priority: 1,
      },
      {
        name: 'Taken',
        type: 'date',
        jsonPath: '.status.takenAt',
        description: 'Time since the moment that it shows.',
        priority: 1,
      },
      {
        name: 'Quiesced',
        type: 'string',
        jsonPath: '.status.quiesced',
        description: "Whether the guest's filesystems were frozen.",
        priority: 1,
      },
      {
        name: 'Claim',
        type: 'string',
        jsonPath: '.status.claim',
        description: 'The claim that holds the image.',
        priority: 1,
      },
      message,
    ],
  },
]
