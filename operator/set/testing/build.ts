import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { InstanceSet } from '../../api/instance-set.ts'
import type { InstanceSetSpec } from '../../api/instance-set-spec.ts'
import { instance } from '../../instance/testing/build.ts'
import { desiredInstance } from '../desired.ts'
import type { Member } from '../member.ts'
import type { Observed } from '../observed.ts'
import { templateHash } from '../template-hash.ts'

/** A set `web` in `lab` of three replicas, some of its spec changed. */
export function set(spec: Partial<InstanceSetSpec> = {}, status?: InstanceSet['status']): InstanceSet {
  return {
    apiVersion: 'ephemera.dev/v1alpha1',
    kind: 'InstanceSet',
    metadata: { name: 'web', namespace: 'lab', uid: 'uid-web', generation: 1, resourceVersion: '1' },
    spec: { replicas: 3, template: { spec: instance().spec }, ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

/** A Ready replica of the template as it is, some of it changed. */
export function member(ordinal: number, change: Partial<Member> = {}): Member {
  return {
    name: `web-${ordinal}`,
    uid: `uid-web-${ordinal}`,
    resourceVersion: '1',
    ordinal,
    role: 'replica',
    isLabelled: true,
    isUpdated: true,
    isReady: true,
    isLost: false,
    isLocked: false,
    ...change,
  }
}

/** What was observed of a set with these members. */
export function observed(
  spec: Partial<InstanceSetSpec>,
  members: readonly Member[],
  more: Partial<Observed> = {},
): Observed {
  return { set: set(spec), hash: 'now', members, claimed: [], going: new Set(), taken: new Set(), ...more }
}

/** An instance of that set as the API server would have it, some of its metadata changed. */
export function memberObject(
  ordinal: number,
  metadata: Partial<EphemeralInstance['metadata']> = {},
): EphemeralInstance {
  const owner = set()
  const intent = desiredInstance(owner, templateHash(owner.spec.template), { ordinal, role: 'replica' })
  return {
    ...instance(),
    metadata: { ...intent.metadata, uid: `uid-web-${ordinal}`, resourceVersion: '1', ...metadata },
  }
}
