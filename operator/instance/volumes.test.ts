import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { InstanceStatus } from '../api/instance-status.ts'
import type { Reason } from '../api/reasons.ts'
import type { Volume } from '../api/volumes.ts'
import { copyAnnotations } from '../copy/record.ts'
import type { PersistentVolumeClaim, Pod } from '../kube/object.ts'
import { ObjectStore } from '../kube/store.ts'
import { type Attachment, attachmentsAnnotation, attachmentsText } from '../volume/record.ts'
import { viewVolumes } from '../volume/view.ts'
import { decide } from './decide.ts'
import { diskVolume } from './desired/volumes.ts'
import { instanceIndexes } from './sources.ts'
import {
  ago,
  answering,
  container,
  ending,
  instance,
  observed,
  onNode,
  podOf,
  terminating,
} from './testing/build.ts'

const volume: Volume = { name: 'data', claim: 'data' }
const wants = instance({ volumes: [volume] })
const reads = instance({ volumes: [{ ...volume, readOnly: true }] })

function claim(attached: readonly Partial<Attachment>[] = [], more: object = {}): PersistentVolumeClaim {
  const full = attached.map((one) => ({
    instance: 'db',
    uid: 'uid-db',
    podUID: 'uid-pod',
    readOnly: false,
    ...one,
  }))
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: 'data',
      namespace: 'lab',
      annotations: full.length === 0 ? {} : { [attachmentsAnnotation]: attachmentsText(full) },
      ...more,
    },
    spec: { accessModes: ['ReadWriteOnce'] },
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  }
}

/** The instance `db`, which has the volume or had it. */
function holder(
  spec: Parameters<typeof instance>[0] = { volumes: [volume] },
  status?: InstanceStatus,
): EphemeralInstance {
  const of = instance(spec, status)
  return { ...of, metadata: { ...of.metadata, name: 'db', uid: 'uid-db' } }
}
const said = (active: Reason, phase = 'Pending', ready = true): InstanceStatus => ({
  phase,
  conditions: ['Active', ...(ready ? ['Ready'] : [])].map((type) => ({
    type,
    status: 'False',
    reason: active,
    message: '',
    lastTransitionTime: ago(60),
  })),
})

type World = Readonly<{
  claims?: readonly PersistentVolumeClaim[]
  pods?: readonly Pod[]
  others?: readonly EphemeralInstance[]
}>

function sees(of: EphemeralInstance, { claims = [claim()], pods = [], others = [] }: World, pod?: Pod) {
  const stores = {
    claims: new ObjectStore<PersistentVolumeClaim>(),
    pods: new ObjectStore<Pod>(),
    instances: new ObjectStore<EphemeralInstance>({ indexes: instanceIndexes }),
  }
  for (const one of claims) stores.claims.set(one)
  for (const one of pods) stores.pods.set(one)
  for (const one of others) stores.instances.set(one)
  return decide(observed({ instance: of, volumes: viewVolumes(of, stores), pod }))
}

const running = onNode(podOf(holder(), answering))

const rows: ReadonlyArray<{
  what: string
  of?: EphemeralInstance
  world: World
  want: Reason
  says?: RegExp
}> = [
  { what: 'is there', world: {}, want: 'PodCreated' },
  {
    what: 'does not exist',
    world: { claims: [] },
    want: 'ClaimNotFound',
    says: /correct spec\.volumes \(data\)/,
  },
  {
    what: 'waits for its first pod',
    world: { claims: [{ ...claim(), status: { phase: 'Pending' } }] },
    want: 'PodCreated',
  },
  {
    what: 'lost its volume',
    world: { claims: [{ ...claim(), status: { phase: 'Lost' } }] },
    want: 'ClaimLost',
  },
  {
    what: 'is being deleted',
    world: { claims: [claim([], { deletionTimestamp: ago(1) })] },
    want: 'ClaimLost',
  },
  {
    what: 'holds an image',
    world: {
      claims: [
        claim([], {
          ownerReferences: [
            {
              apiVersion: 'ephemera.dev/v1alpha1',
              kind: 'BaseImage',
              name: 'debian',
              uid: 'u',
              controller: true,
            },
          ],
        }),
      ],
    },
    want: 'VolumeIsImage',
    says: /holds BaseImage debian/,
  },
  {
    what: 'holds a copy of an image',
    world: {
      claims: [
        claim([], {
          annotations: {
            [copyAnnotations.record]: JSON.stringify({
              of: { kind: 'Snapshot', namespace: 'lab', name: 'golden', claim: 'golden' },
              sha256: '',
              size: 1,
            }),
          },
        }),
      ],
    },
    want: 'VolumeIsImage',
    says: /holds Snapshot golden/,
  },
  {
    what: 'can only be read',
    world: { claims: [{ ...claim(), spec: { accessModes: ['ReadOnlyMany'] } }] },
    want: 'VolumeReadOnly',
    says: /set readOnly: true/,
  },
  {
    what: 'can only be read, as is asked',
    of: reads,
    world: { claims: [{ ...claim(), spec: { accessModes: ['ReadOnlyMany'] } }] },
    want: 'PodCreated',
  },
  {
    what: 'another VM has',
    world: { claims: [claim([{}])], pods: [running], others: [holder()] },
    want: 'VolumeInUse',
    says: /EphemeralInstance db has claim data/,
  },
  {
    what: 'another VM writes to, for a reader',
    of: reads,
    world: { claims: [claim([{}])], pods: [running] },
    want: 'VolumeInUse',
  },
  {
    what: 'another VM reads',
    world: { claims: [claim([{ readOnly: true }])], pods: [running] },
    want: 'VolumeInUse',
  },
  {
    what: 'another VM reads, for a reader',
    of: reads,
    world: { claims: [claim([{ readOnly: true }])], pods: [running] },
    want: 'PodCreated',
  },
  {
    what: 'a VM boots from',
    world: { others: [holder({ boot: { claim: 'data' } })] },
    want: 'VolumeInUse',
    says: /db boots from claim data/,
  },
  {
    what: 'a stopped VM has, whose pod is not gone yet, or not known to be on a node that is lost',
    world: {
      claims: [claim([{}])],
      pods: [terminating(running)],
      others: [holder({ volumes: [volume], powerState: 'Stopped' })],
    },
    want: 'VolumeInUse',
  },
  {
    what: 'a deleted VM has, whose pod is still going',
    world: { claims: [claim([{}])], pods: [terminating(running)] },
    want: 'VolumeInUse',
  },
  {
    what: 'a VM had that ended for good, by the word of its kubelet',
    world: {
      claims: [claim([{}])],
      pods: [onNode(podOf(holder(), container({ state: ending(0, 'GuestShutdown', '') }, 'Succeeded')))],
      others: [holder({ volumes: [volume], restartPolicy: 'Never' }, said('Succeeded', 'Succeeded', false))],
    },
    want: 'PodCreated',
  },
  {
    what: 'another pod of that name had',
    world: { claims: [claim([{ podUID: 'uid-former' }])], pods: [running], others: [holder({})] },
    want: 'PodCreated',
  },
  {
    what: 'a VM has that is being rebuilt',
    world: { claims: [claim([{}])], others: [holder(undefined, said('Rebuilding', 'Rebuilding'))] },
    want: 'VolumeInUse',
  },
  {
    what: 'a stopped VM had',
    world: {
      claims: [claim([{}])],
      others: [holder({ volumes: [volume], powerState: 'Stopped' }, said('Stopped', 'Stopped', false))],
    },
    want: 'PodCreated',
  },
  {
    what: 'a rebuilt VM does not want any more',
    world: { claims: [claim([{}])], others: [holder({ volumes: [] }, said('Rebuilding', 'Rebuilding'))] },
    want: 'PodCreated',
  },
  {
    what: 'a VM had that waits for another volume itself',
    world: { claims: [claim([{}])], others: [holder(undefined, said('VolumeInUse'))] },
    want: 'PodCreated',
  },
  {
    what: 'a former instance of the same name had',
    world: {
      claims: [claim([{ uid: 'uid-former' }])],
      others: [holder(undefined, said('Rebuilding', 'Rebuilding'))],
    },
    want: 'PodCreated',
  },
  {
    what: 'its own former pod had',
    world: { claims: [claim([{ instance: 'web1', uid: 'uid-web1', podUID: 'uid-former' }])] },
    want: 'PodCreated',
  },
]
for (const { what, of = wants, world, want, says = /./ } of rows) {
  test(`without a pod: a volume that ${what}`, () => {
    const { active, action } = sees(of, world)
    assert.is(active.reason, want)
    assert.match(active.message, says)
    assert.is(action?.kind, want === 'PodCreated' ? 'create' : undefined)
  })
}

const gated = podOf(wants, {}, 0, 20, undefined, undefined, [diskVolume(volume, claim())])

test('a pod that was made gets its volumes before any node may take it', () => {
  const verdict = sees(wants, {}, gated)
  assert.equal(verdict.action, { kind: 'attach', podUID: 'uid-pod' })
  assert.is(verdict.passing, true)
})

test('a pod whose volume another VM has got makes room, and is not taken for a VM that was lost', () => {
  const verdict = sees(wants, { claims: [claim([{}])], pods: [running] }, gated)
  assert.is(verdict.active.reason, 'VolumeTaken')
  assert.equal(verdict.action, { kind: 'delete', podUID: 'uid-pod' })
  const status: InstanceStatus = {
    ...said('VolumeTaken'),
    podUID: 'uid-pod',
    rebuildGeneration: 0,
    restarts: 0,
  }
  const after = sees(instance({ volumes: [volume] }, status), {})
  assert.equal(
    [after.action?.kind, (after.action as { restartsBefore?: number }).restartsBefore],
    ['create', 0],
  )
})

test('a pod that has its volumes keeps them, whatever becomes of their claims', () => {
  const open = { ...gated, spec: { ...gated.spec, schedulingGates: undefined } } as unknown as Pod
  const verdict = sees(
    wants,
    { claims: [claim([], { deletionTimestamp: ago(1) })] },
    onNode({ ...open, status: answering } as Pod),
  )
  assert.is(verdict.action, undefined)
  assert.is(verdict.phase, 'Ready')
})

test.run()
