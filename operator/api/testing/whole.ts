import { but, key, type Spec, size } from './specs.ts'

const selector = {
  matchLabels: { app: 'web' },
  matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }],
}

/** Good specs that between them set every field there is: fields that exclude each other are in different ones. */
export const whole: readonly { name: string; spec: Spec }[] = [
  {
    name: 'everything, of an image',
    spec: {
      boot: { image: 'debian', imageNamespace: 'images' },
      rescue: { image: 'debian' },
      resources: size,
      sshAuthorizedKeys: [key],
      keyPairs: ['ada'],
      userData: '#!/bin/sh\n',
      networkData: 'version: 2\n',
      metadata: { role: 'web' },
      seedFormat: 'NoCloud',
      powerState: 'Running',
      rebuildGeneration: 1,
      rebootGeneration: 1,
      resetGeneration: 1,
      restartPolicy: 'Always',
      onGuestReboot: 'Keep',
      readiness: { http: { port: 80, path: '/' } },
      liveness: { http: { port: 80, path: '/' }, silentSeconds: 120, action: 'Reset' },
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      network: { backend: 'Passt', annotations: { 'kubernetes.io/egress-bandwidth': '10M' } },
      expose: {
        type: 'LoadBalancer',
        loadBalancerClass: 'example.com/lb',
        annotations: { 'example.com/a': 'b' },
      },
      securityGroups: ['web'],
      eviction: 'Recreate',
      placement: {
        nodeSelector: { disk: 'ssd' },
        tolerations: [
          { key: 'lab', operator: 'Equal', value: 'a', effect: 'NoExecute', tolerationSeconds: 60 },
        ],
        affinity: { nodeAffinity: {}, podAffinity: {}, podAntiAffinity: {} },
        topologySpreadConstraints: [
          {
            topologyKey: 'zone',
            maxSkew: 1,
            whenUnsatisfiable: 'DoNotSchedule',
            minDomains: 2,
            labelSelector: selector,
            nodeAffinityPolicy: 'Honor',
            nodeTaintsPolicy: 'Ignore',
            matchLabelKeys: ['app'],
          },
        ],
        priorityClassName: 'high',
        schedulerName: 'other',
        runtimeClassName: 'runc',
        group: { name: 'web', policy: 'AntiAffinity', topologyKey: 'zone' },
      },
      volumes: [{ name: 'data', claim: 'data', readOnly: true }],
      scratch: [{ name: 'work', size: '1Gi' }],
      accelerator: 'Auto',
      expiry: { ttlSeconds: 3600, deadline: '2027-01-31T18:00:00Z', idleSeconds: 1800 },
      onExpiry: 'Stop',
      locked: { reason: 'the demo' },
      terminationGracePeriodSeconds: 30,
    },
  },
  {
    name: 'everything else, of a snapshot',
    spec: but({
      boot: { snapshot: 'golden' },
      rescue: { snapshot: 'golden' },
      userDataFrom: { secretKeyRef: { name: 'web', key: 'user-data' } },
      readiness: { ssh: { port: 22 } },
      liveness: { ssh: { port: 22 } },
    }),
  },
  {
    name: 'everything else, of a claim',
    spec: but({
      boot: { claim: 'debian', firmware: 'UEFI' },
      rescue: { claim: 'debian' },
      userDataFrom: { configMapKeyRef: { name: 'web', key: 'user-data' } },
      readiness: { tcp: { port: 80 } },
      liveness: { tcp: { port: 80 } },
    }),
  },
  { name: 'readiness by the agent', spec: but({ readiness: { agent: {} } }) },
  { name: 'readiness by nothing at all', spec: but({ readiness: { none: {} } }) },
]
