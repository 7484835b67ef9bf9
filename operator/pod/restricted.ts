import type { Intent, Pod } from '../kube/object.ts'

type PodSpec = NonNullable<Intent<Pod>['spec']>

/** The user and group that everything in our pods runs as; the image knows it as `vm`. */
export const userId = 1000

/** What Pod Security *restricted* asks of a pod, for a user who can write to its volumes. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: userId,
  runAsGroup: userId,
  fsGroup: userId,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
} as const satisfies PodSpec['securityContext']

/** What Pod Security *restricted* asks of a container, and that it cannot write to its own files. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const satisfies PodSpec['containers'][number]['securityContext']

/** A volume with these files of a Secret. */
export function secretVolume(volume: string, secretName: string, files: readonly string[]) {
  const items = files.map((key) => ({ key, path: key }))
  return { name: volume, secret: { secretName, items, defaultMode: 0o440 } }
}
