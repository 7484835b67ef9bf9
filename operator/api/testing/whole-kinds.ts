import { baseImages, flavors, instanceSets, keyPairs, securityGroupType, snapshots } from '../types.ts'
import { ada } from './public-keys.ts'
import { good, type Spec, size } from './specs.ts'

const peers = [
  { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] },
  { group: 'web', namespace: 'lab' },
]
const rule = { description: 'the web', protocol: 'TCP', port: 80, endPort: 88 }
const image = { capacity: '2Gi', storageClassName: 'fast', minDisk: '3Gi', minMemory: '512Mi' }

/** Specs of the kinds beside EphemeralInstance which together set each of their fields. */
export const wholeKinds = [
  {
    type: flavors,
    specs: [{ ...size, scratch: '1Gi', swap: '1Gi', description: 'a size', cpuOvercommit: 4 }],
  },
  { type: keyPairs, specs: [{ publicKey: ada.line }] },
  {
    type: securityGroupType,
    specs: [
      {
        description: 'a group',
        ingress: [{ ...rule, from: peers }],
        egress: [{ ...rule, to: peers }],
      },
      // An entry of a list is looked at in its first place.
      { ingress: [{ from: peers.slice(1) }], egress: [{ to: peers.slice(1) }] },
    ],
  },
  {
    type: baseImages,
    specs: [
      {
        ...{ ...image, importGeneration: 1, visibility: 'Cluster', firmware: 'BIOS', defaultUser: 'debian' },
        ...{ os: 'Debian 13', source: { http: { url: 'https://example.org/a', sha256: 'a'.repeat(64) } } },
      },
      { source: { http: { url: 'https://example.org/a', sha512: 'a'.repeat(128) } } },
      { source: { oci: { image: 'example.org/disk', pullSecret: 'registry' } } },
      { source: { claim: { name: 'disk' } } },
      { source: { snapshot: { name: 'golden' } } },
      { source: { upload: {} } },
    ],
  },
  {
    type: snapshots,
    specs: [
      {
        ...{ ...image, instance: 'web1', displayName: 'golden', description: 'as of May', quiesce: 'Never' },
        ...{ deadlineSeconds: 60, retain: true },
      },
    ],
  },
  {
    type: instanceSets,
    specs: [
      {
        ...{ replicas: 2, warm: 1, updateStrategy: { type: 'RollingUpdate', maxUnavailable: 1 } },
        template: { metadata: { labels: { app: 'web' }, annotations: { team: 'a' } }, spec: good },
      },
    ],
  },
] as const satisfies readonly { type: { plural: string }; specs: readonly Spec[] }[]
