import type { EphemeralInstance } from '../../api/ephemeral-instance.ts'
import type { Pod, Secret } from '../../kube/object.ts'
import { controllerOf } from '../../kube/owner.ts'
import { pods, secrets } from '../../kube/resource.ts'
import { recordOf } from '../desired/record.ts'
import type { Lab } from './lab.ts'

/**
 * Everything in a lab that matters, without what differs from run to run (UIDs, addresses, nodes, times). Two runs that
 * came to the same end have the same fingerprint.
 */
export async function fingerprint(lab: Lab, name: string) {
  const instance = await lab.get(name)
  const here = { namespace: lab.name }
  const ours = (await lab.client.list(pods, here)).items
  const kept = (await lab.client.list(secrets, here)).items
  return {
    instance: instance === undefined ? 'gone' : printOfInstance(instance, ours),
    pods: ours.map((pod) => printOfPod(lab, pod, instance)),
    secrets: kept.map((secret) => printOfSecret(secret, instance)),
    podsMade: lab.world.kubelet.made(lab.pod(name)),
  }
}

function printOfInstance({ status, metadata }: EphemeralInstance, all: readonly Pod[]) {
  const { conditions, hostname, ip, ips, nodeName, podUID, startedAt, timings, actions, ...rest } =
    status ?? {}
  const pod = all.find((one) => one.metadata.uid === podUID)
  return {
    ...rest,
    hostname: hostname?.replace(metadata.namespace ?? '', 'LAB'),
    isUpToDate: status?.observedGeneration === metadata.generation,
    pod: podUID === undefined ? 'none' : pod === undefined ? 'former' : 'present',
    address: ip === undefined ? 'none' : ip === pod?.status?.podIP && ips?.[0]?.ip === ip ? 'right' : 'wrong',
    actions: actions?.map(({ action }) => action),
    hasNode: nodeName !== undefined,
    hasStarted: startedAt !== undefined,
    timings: Object.keys(timings ?? {}).sort(),
    conditions: conditions
      ?.map(({ type, status: is, reason, message }) =>
        [
          type,
          is,
          reason,
          message.replace(/node-\d+/g, 'NODE').replaceAll(metadata.namespace ?? '', 'LAB'),
        ].join(' '),
      )
      .sort(),
  }
}

function printOfPod(lab: Lab, pod: Pod, owner: EphemeralInstance | undefined) {
  const { metadata, status } = pod
  const { vms } = lab.world.kubelet
  const address = status?.podIP ?? ''
  return {
    name: metadata.name,
    labels: metadata.labels,
    owner: controllerOf(pod)?.uid === owner?.metadata.uid ? 'the instance' : 'another',
    isGoing: metadata.deletionTimestamp !== undefined,
    phase: status?.phase,
    ready: status?.containerStatuses?.[0]?.ready,
    builtFor: { ...recordOf(pod), createdAt: '' },
    vm: vms.isPaused(address) ? 'paused' : vms.isRunning(address) ? 'running' : 'off',
  }
}

function printOfSecret({ metadata, data }: Secret, owner: EphemeralInstance | undefined) {
  const metaData = Buffer.from(data?.['meta-data'] ?? '', 'base64').toString()
  return {
    name: metadata.name,
    labels: metadata.labels,
    owner: controllerOf({ metadata } as Secret)?.uid === owner?.metadata.uid ? 'the instance' : 'another',
    metaData: metaData.replaceAll(owner?.metadata.uid ?? '', 'UID'),
    keys: Object.keys(data ?? {}).sort(),
  }
}
