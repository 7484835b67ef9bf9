import type { Pod } from './kube/object.ts'

/** Conditions that somebody reads. */
const conditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'DisruptionTarget'])

/** Variables that tell what a pod was made for; the others only the runner reads. */
const isRecord = (name: string): boolean => name.startsWith('EPHEMERA_') || name.startsWith('WORKER_')

/**
 * A pod of ours with no more than controllers read: a fifth of it. Of the spec the node, the domain, the restart policy, the claims, the gates and
 * the record variables are left, of the status what tells how far it is. A field that is to be read from the cache has to be let through here.
 */
export function slimPod(pod: Pod): Pod {
  const { apiVersion, kind, metadata, spec, status } = pod
  const claims = spec.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined)
  const slimmed = {
    apiVersion,
    kind,
    metadata,
    spec: {
      restartPolicy: spec.restartPolicy,
      ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
      ...(spec.schedulingGates === undefined ? {} : { schedulingGates: spec.schedulingGates }),
      ...(spec.subdomain === undefined ? {} : { subdomain: spec.subdomain }),
      ...(claims === undefined ? {} : { volumes: claims }),
      containers: spec.containers.map(({ name, env = [] }) => ({
        name,
        env: env.filter((variable) => isRecord(variable.name)),
      })),
    },
    ...(status === undefined ? {} : { status: slimStatus(status) }),
  }
  return slimmed as Pod
}

type Status = NonNullable<Pod['status']>

function slimStatus(status: Status): Status {
  const { phase, reason, message, podIP, podIPs, containerStatuses } = status
  const told = { phase, reason, message, podIP, podIPs }
  const slimmed = {
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    ...(status.conditions === undefined
      ? {}
      : { conditions: status.conditions.filter(({ type }) => conditions.has(type)) }),
    ...(containerStatuses === undefined ? {} : { containerStatuses: containerStatuses.map(slimContainer) }),
  }
  return slimmed as Status
}

type ContainerStatus = NonNullable<Status['containerStatuses']>[number]

function slimContainer(container: ContainerStatus): ContainerStatus {
  const { name, ready, started, restartCount, state, lastState } = container
  const told = { started, state, lastState }
  const slimmed = {
    name,
    ready,
    restartCount,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  }
  return slimmed as ContainerStatus
}
