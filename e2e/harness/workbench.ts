import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { kubectl } from './kubectl.ts'

/**
 * A pod that has claims of its namespace mounted at /claims/NAME, to fill, mend and look at them. It does not differ from a
 * user's pod in its rights, and serves as a neighbour of the VMs too.
 */
export class Workbench {
  readonly #namespace: string
  static readonly podName = 'workbench'

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** Makes the claims and the pod. Sizes are in MiB. */
  async open(claims: Readonly<Record<string, number>>, image: string): Promise<void> {
    const objects = [
      ...Object.entries(claims).map(([name, mebibytes]) => claim(name, mebibytes)),
      pod(Object.keys(claims), image),
    ]
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n')
    await kubectl(['apply', '-n', this.#namespace, '-f', '-'], { input })
    await kubectl([
      'wait',
      '-n',
      this.#namespace,
      '--for=condition=Ready',
      '--timeout=120s',
      `pod/${Workbench.podName}`,
    ])
  }

  /** The IP address of the pod. */
  address(): Promise<string> {
    const path = 'jsonpath={.status.podIP}'
    return kubectl(['get', 'pod', '-n', this.#namespace, Workbench.podName, '-o', path])
  }

  /** All its IP addresses, one of each family that the cluster has. */
  async addresses(): Promise<string[]> {
    const path = 'jsonpath={.status.podIPs[*].ip}'
    const text = await kubectl(['get', 'pod', '-n', this.#namespace, Workbench.podName, '-o', path])
    return text.split(' ')
  }

  /** What a shell command prints. */
  sh(command: string): Promise<string> {
    return kubectl(['exec', '-n', this.#namespace, Workbench.podName, '--', 'sh', '-c', command])
  }

  /** Copies a file of this machine; it appears at `target` only when it is whole. */
  put(file: string, target: string): Promise<void> {
    const script = `cat > ${target}.partial && mv ${target}.partial ${target}`
    const args = ['exec', '-i', '-n', this.#namespace, Workbench.podName, '--', 'sh', '-c', script]
    return new Promise((resolve, reject) => {
      const child = spawn('kubectl', args, { stdio: ['pipe', 'ignore', 'inherit'] })
      child.on('error', reject)
      child.on('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`copying ${file} to ${target} ended with ${code}`)),
      )
      createReadStream(file).on('error', reject).pipe(child.stdin).on('error', reject)
    })
  }
}

function claim(name: string, mebibytes: number) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: `${mebibytes}Mi` } } },
  }
}

function pod(claims: readonly string[], image: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: Workbench.podName },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'bench',
          image,
          // Serves a page to guests that reach out; ends by itself should nobody delete it.
          command: ['timeout', '3600', 'busybox', 'httpd', '-f', '-p', '8080', '-h', '/claims'],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'claims', mountPath: '/claims' },
            ...claims.map((name) => ({ name: `claim-${name}`, mountPath: `/claims/${name}` })),
          ],
        },
      ],
      volumes: [
        { name: 'claims', emptyDir: {} },
        ...claims.map((name) => ({
          name: `claim-${name}`,
          persistentVolumeClaim: { claimName: name },
        })),
      ],
    },
  }
}
