import { z } from 'zod'
import { atMostOneOf, rules, rulesOf } from './cel.ts'
import { conditions, observedGeneration } from './conditions.ts'
import { apiVersion } from './group.ts'
import { objectMeta } from './object-meta.ts'
import { objectName } from './object-name.ts'

/** A group's name becomes part of a label's name, which takes 63 characters, and of its policy's. */
export const longestGroupName = 57

const cidr = z
  .string()
  .max(43)
  .meta(
    rules({
      rule: 'isCIDR(self)',
      message: 'cidr must be a range of addresses, such as 10.0.0.0/8, 0.0.0.0/0 or 2001:db8::/32',
    }),
  )

const peer = z
  .object({
    cidr: cidr
      .optional()
      .describe(
        'A range of addresses, such as 10.0.0.0/8. 0.0.0.0/0 is every IPv4 address, ::/0 every IPv6 one.',
      ),
    except: z
      .array(cidr)
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Ranges inside cidr that are not meant.'),
    group: z
      .string()
      .max(longestGroupName)
      .meta(
        rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
          message: 'group must be the name of a SecurityGroup',
        }),
      )
      .optional()
      .describe('VMs that have this SecurityGroup: of the same namespace, or of that which namespace names.'),
    namespace: z
      .string()
      .max(63)
      .meta(
        rules({
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
          message: 'namespace must be the name of a namespace',
        }),
      )
      .optional()
      .describe('All pods of this namespace; with group, those of its VMs that have the group.'),
  })
  .meta(
    rules(
      {
        rule: 'has(self.cidr) || has(self.group) || has(self.namespace)',
        message: 'say who: cidr, group or namespace. For everyone leave the list out',
      },
      {
        rule: `${atMostOneOf('cidr', 'group')} && ${atMostOneOf('cidr', 'namespace')}`,
        message: 'cidr stands alone: make an entry of its own for group or namespace',
      },
      { rule: '!has(self.except) || has(self.cidr)', message: 'except takes ranges out of cidr: set cidr' },
    ),
  )

const portNumber = (what: string) => z.int32().min(1).max(65535).optional().describe(what)

const peers = (whom: string) =>
  z
    .array(peer)
    .min(1)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe(`${whom} Absent: everyone.`)

const traffic = {
  description: z.string().max(256).optional().describe('For people.'),
  protocol: z
    .enum(['TCP', 'UDP'])
    .optional()
    .describe('TCP or UDP. Absent: both; then port must be absent, too.'),
  port: portNumber('The port, or the first of a range. Absent: all ports.'),
  endPort: portNumber('The last port of the range. Absent: port alone.'),
}

const trafficRules = rules(
  { rule: '!has(self.port) || has(self.protocol)', message: 'port needs protocol: TCP or UDP' },
  {
    rule: '!has(self.endPort) || (has(self.port) && self.endPort >= self.port)',
    message: 'endPort is the last port of a range that begins at port',
  },
)

const ingressRule = z.object({ ...traffic, from: peers('Who may connect.') }).meta(trafficRules)
const egressRule = z.object({ ...traffic, to: peers('Whom they may connect to.') }).meta(trafficRules)

/** Some traffic that a group allows, with its peers. */
export type Traffic = Readonly<{
  protocol?: 'TCP' | 'UDP' | undefined
  port?: number | undefined
  endPort?: number | undefined
}>

/** Whom a rule is about. */
export type Peer = z.infer<typeof peer>

export const securityGroupSpec = z
  .object({
    description: z.string().max(256).optional().describe('For people.'),
    ingress: z
      .array(ingressRule)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('What may reach the VMs. Absent or empty: nothing, as far as this group goes.'),
    egress: z
      .array(egressRule)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe(
        "What the VMs may reach. Absent: everything, as in Nova's groups. Empty: nothing, as far as this group goes.",
      ),
  })
  .describe(
    'What may reach the VMs that have the group, and what they may reach. All else is closed. Takes effect at once.',
  )

/** Rules for the traffic of VMs. */
export const securityGroup = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('SecurityGroup'),
    metadata: objectMeta,
    spec: securityGroupSpec,
    status: z
      .object({
        observedGeneration,
        conditions: conditions
          .optional()
          .describe('What is known: Ready (the NetworkPolicy is as the rules say).'),
      })
      .optional()
      .describe('What the operator found out. Written by the operator only.'),
  })
  .meta(
    rules({
      rule: `size(self.metadata.name) <= ${longestGroupName}`,
      message: `metadata.name becomes part of a label: use at most ${longestGroupName} characters`,
    }),
  )
  .describe(
    'A SecurityGroup says what may reach the VMs of its namespace that have it, and what they may reach. It becomes a NetworkPolicy, which the network plugin of the cluster has to enforce. A VM with several groups may do what any of them allows.',
  )

/** Rules for the traffic of VMs. */
export type SecurityGroup = z.infer<typeof securityGroup>

const groupName = objectName(
  'securityGroups takes names of SecurityGroups of this namespace: kubectl get securitygroups lists them',
)

/** The groups of an instance. */
export const securityGroups = z
  .array(
    groupName.meta(
      rules(...rulesOf(groupName), {
        rule: `size(self) <= ${longestGroupName}`,
        message: `a SecurityGroup has a name of at most ${longestGroupName} characters, so that there is none of this name: kubectl get securitygroups lists those that there are`,
      }),
    ),
  )
  .min(1)
  .max(16)
  .meta({ 'x-kubernetes-list-type': 'set' })
  .optional()
  .describe(
    'Names of SecurityGroups in the same namespace. With any, only what one of them allows reaches the VM or is reached by it. None: the network policies of the namespace alone. Takes effect at once.',
  )
