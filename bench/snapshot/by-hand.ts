import { kubectl } from '../../e2e/harness/kubectl.ts'
import { runnerImage } from '../../e2e/harness/operator.ts'

const podName = 'by-hand'

/** Times in ms, one for each round: as a snapshot is compressed, and as `-c` alone compresses. */
export type ByHand = Readonly<{ zstd: readonly number[]; zlib: readonly number[] }>

/**
 * How long `qemu-img convert -c` takes for the disk in a snapshot's claim, in ms: in a pod with the worker's limits, from an
 * uncompressed copy to a volume of the same class. The copy is in the page cache, as the VM's disk is.
 */
export async function convertByHand(namespace: string, claim: string, rounds: number): Promise<ByHand> {
  const [requests, limits] = [
    { cpu: '100m', memory: '128Mi' },
    { cpu: '2', memory: '512Mi' },
  ]
  const secure = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          ...{
            name: 'convert',
            image: await runnerImage(),
            command: ['timeout', '1200', 'tail', '-f', '/dev/null'],
          },
          ...{ resources: { requests, limits }, securityContext: secure },
          volumeMounts: [
            { name: 'kept', mountPath: '/kept', readOnly: true },
            { name: 'to', mountPath: '/to' },
          ],
        },
      ],
      volumes: [
        { name: 'kept', persistentVolumeClaim: { claimName: claim, readOnly: true } },
        { name: 'to', persistentVolumeClaim: { claimName: podName } },
      ],
    },
  }
  const target = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: podName },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '4Gi' } } },
  }
  const input = [target, pod].map((object) => JSON.stringify(object)).join('\n---\n')
  await kubectl(['apply', '-n', namespace, '-f', '-'], { input })
  await kubectl(['wait', '-n', namespace, '--for=condition=Ready', '--timeout=120s', `pod/${podName}`])
  const sh = (script: string) =>
    kubectl(['exec', '-n', namespace, podName, '--', 'sh', '-c', script], { seconds: 300 })
  await sh('qemu-img convert -O qcow2 /kept/disk.qcow2 /to/flat.qcow2')
  const timeOf = async (compression: 'zstd' | 'zlib') => {
    const command = `qemu-img convert -O qcow2 -c -o compression_type=${compression} /to/flat.qcow2 /to/out.qcow2`
    const began = performance.now()
    await sh(`${command} && busybox sync`)
    const took = performance.now() - began
    await sh('rm /to/out.qcow2')
    return took
  }
  const [zstd, zlib]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    zstd.push(await timeOf('zstd'))
    zlib.push(await timeOf('zlib'))
  }
  await kubectl(['delete', 'pod', '-n', namespace, podName, '--grace-period=0', '--force'])
  return { zstd, zlib }
}
