import { acceptedNetworks } from './networks.ts'
import { acceptedPlacements } from './placements.ts'
import { but, good, key, open, type Spec, sized } from './specs.ts'
import { whole } from './whole.ts'

/** Specs at the edge of what is allowed. */
export const accepted: readonly { name: string; spec: Spec }[] = [
  { name: 'a flavor', spec: good },
  { name: 'resources', spec: sized({}) },
  { name: 'the smallest size', spec: sized({ cpus: 1, memory: '64Mi', disk: '1Mi' }) },
  { name: 'sizes in plain bytes and with fractions', spec: sized({ memory: 67108864, disk: '1.5Gi' }) },
  { name: 'a claim with dots', spec: but({ boot: { claim: 'debian-13.1' } }) },
  { name: 'an image', spec: but({ boot: { image: 'debian-13' } }) },
  { name: 'a snapshot', spec: but({ boot: { snapshot: 'golden' } }) },
  { name: '64 KiB of user-data', spec: but({ userData: 'x'.repeat(65536) }) },
  {
    name: 'the same port for TCP and UDP',
    spec: open({ name: 'dns', port: 53 }, { name: 'dns-udp', port: 53, protocol: 'UDP' }),
  },
  {
    name: 'the ports around the reserved ones',
    spec: open({ name: 'a', port: 10769 }, { name: 'b', port: 10790 }),
  },
  {
    name: '64 ports',
    spec: open(...Array.from({ length: 64 }, (_, n) => ({ name: `p${n}`, port: 1000 + n }))),
  },
  { name: 'no readiness check but the default', spec: but({ readiness: {} }) },
  { name: 'readiness by nothing', spec: but({ readiness: { none: {} } }) },
  {
    name: 'readiness by HTTP with a query',
    spec: but({ readiness: { http: { port: 8080, path: '/healthz?full=1' } } }),
  },
  {
    name: 'keys of every type, with and without comments',
    spec: but({
      sshAuthorizedKeys: [
        key,
        `ssh-ed25519 ${'A'.repeat(68)}`,
        `ssh-rsa ${'A/+b'.repeat(93)}== Ada's "laptop", ünïcode`,
        `ecdsa-sha2-nistp256 ${'A'.repeat(138)}=`,
        `ecdsa-sha2-nistp384 ${'A'.repeat(180)}`,
        `ecdsa-sha2-nistp521 ${'A'.repeat(230)}==`,
        `sk-ssh-ed25519@openssh.com ${'A'.repeat(100)}`,
        `sk-ecdsa-sha2-nistp256@openssh.com ${'A'.repeat(160)}=`,
      ],
    }),
  },
  { name: 'several KeyPairs', spec: but({ keyPairs: ['ada', 'ci.deploy'] }) },
  { name: 'counters at their end', spec: but({ rebootGeneration: 2147483647, resetGeneration: 2147483647 }) },
  { name: 'liveness by ssh, with all defaults', spec: but({ liveness: { ssh: {} } }) },
  { name: 'reboots that rebuild', spec: but({ onGuestReboot: 'Rebuild' }) },
  {
    name: 'user-data from a Secret',
    spec: but({ userDataFrom: { secretKeyRef: { name: 'web.data', key: 'user-data' } } }),
  },
  {
    name: 'user-data from a ConfigMap',
    spec: but({ userDataFrom: { configMapKeyRef: { name: 'data', key: '.a_B-1' } } }),
  },
  {
    name: 'the longest metadata',
    spec: but({
      metadata: Object.fromEntries(
        Array.from({ length: 128 }, (_, n) => [`${n}`.padStart(255, 'k'), 'ü'.repeat(255)]),
      ),
    }),
  },
  {
    name: 'metadata with spaces and colons',
    spec: but({ metadata: { 'my key: 1': '{"any": \'thing\'}\n' } }),
  },
  { name: '64 KiB of network configuration', spec: but({ networkData: 'x'.repeat(65536) }) },
  { name: 'a rescue by a snapshot', spec: but({ rescue: { snapshot: 'a' } }) },
  { name: 'a ConfigDrive', spec: but({ seedFormat: 'ConfigDrive' }) },
  {
    name: '12 volumes with the longest names',
    spec: but({
      volumes: Array.from({ length: 12 }, (_, n) => ({
        name: `${'v'.repeat(18)}${10 + n}`,
        claim: `c${n}`,
        readOnly: true,
      })),
    }),
  },
  {
    name: '4 scratch disks beside a volume',
    spec: but({
      volumes: [{ name: 'data', claim: 'data' }],
      scratch: Array.from({ length: 4 }, (_, n) => ({ name: `s${n}`, size: '1Mi' })),
    }),
  },
  { name: '64 long keys', spec: but({ sshAuthorizedKeys: Array(64).fill(`ssh-rsa ${'A'.repeat(4000)}`) }) },
  ...acceptedPlacements,
  { name: 'the shortest life', spec: but({ expiry: { ttlSeconds: 10 } }) },
  { name: 'the shortest idleness, and no other end', spec: but({ expiry: { idleSeconds: 60 } }) },
  {
    name: 'a ttl and a deadline in another time zone',
    spec: but({ expiry: { ttlSeconds: 3600, deadline: '2027-01-31T18:00:00.5+01:00' }, onExpiry: 'Stop' }),
  },
  ...acceptedNetworks,
  ...whole,
]
