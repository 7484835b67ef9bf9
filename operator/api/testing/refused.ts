import { refusedNetworks } from './networks.ts'
import { refusedPlacements } from './placements.ts'
import { but, key, open, type Spec, size, sized } from './specs.ts'

/** One row for each way to get a field wrong, with what the API server's answer must say. */
export const refused: readonly { name: string; spec: Spec; want: RegExp }[] = [
  { name: 'no boot', spec: but({ boot: undefined }), want: /spec\.boot: Required value/ },
  { name: 'no boot source', spec: but({ boot: {} }), want: /boot needs exactly one source: set boot\.image/ },
  {
    name: 'two boot sources',
    spec: but({ boot: { image: 'a', claim: 'b' } }),
    want: /boot needs exactly one source/,
  },
  {
    name: 'a namespace of no image',
    spec: but({ boot: { claim: 'a', imageNamespace: 'images' } }),
    want: /boot\.imageNamespace says where boot\.image is: set boot\.image/,
  },
  {
    name: 'a firmware of an image',
    spec: but({ boot: { image: 'a', firmware: 'UEFI' } }),
    want: /boot\.firmware is for boot\.claim alone: .* Remove boot\.firmware/,
  },
  {
    name: 'a firmware of a snapshot',
    spec: but({ boot: { snapshot: 'a', firmware: 'BIOS' } }),
    want: /boot\.firmware is for boot\.claim alone/,
  },
  {
    name: 'a firmware that there is not',
    spec: but({ boot: { claim: 'a', firmware: 'EFI' } }),
    want: /supported values: "BIOS", "UEFI"/,
  },
  {
    name: 'a namespace with a path',
    spec: but({ boot: { image: 'a', imageNamespace: 'a/b' } }),
    want: /imageNamespace must be the name of a namespace/,
  },
  {
    name: 'an image with a path',
    spec: but({ boot: { image: 'a/b' } }),
    want: /image must be the name of a Base/,
  },
  {
    name: 'an empty claim',
    spec: but({ boot: { claim: '' } }),
    want: /claim must be the name of a PersistentVolumeClaim/,
  },
  {
    name: 'a snapshot with a path',
    spec: but({ boot: { snapshot: 'a/b' } }),
    want: /snapshot must be the name of a Snapshot in this namespace/,
  },
  { name: 'a claim with a path', spec: but({ boot: { claim: 'a/b' } }), want: /claim must be the name/ },
  {
    name: 'neither flavor nor resources',
    spec: but({ flavor: undefined }),
    want: /exactly one of flavor and resources/,
  },
  {
    name: 'both flavor and resources',
    spec: but({ resources: size }),
    want: /exactly one of flavor and resources/,
  },
  {
    name: 'an empty flavor',
    spec: but({ flavor: '' }),
    want: /flavor must be the name of a Flavor: kubectl get flavors/,
  },
  { name: 'no CPUs', spec: sized({ cpus: 0 }), want: /cpus.*greater than or equal to 1/ },
  { name: 'too many CPUs', spec: sized({ cpus: 257 }), want: /cpus.*less than or equal to 256/ },
  { name: 'half a CPU', spec: sized({ cpus: 0.5 }), want: /cpus.*must be of type integer/ },
  {
    name: 'resources without cpus',
    spec: sized({ cpus: undefined }),
    want: /spec\.resources\.cpus: Required value/,
  },
  {
    name: 'resources without memory',
    spec: sized({ memory: undefined }),
    want: /spec\.resources\.memory: Required value/,
  },
  {
    name: 'resources without disk',
    spec: sized({ disk: undefined }),
    want: /spec\.resources\.disk: Required value/,
  },
  { name: 'too little memory', spec: sized({ memory: '63Mi' }), want: /memory must be at least 64Mi/ },
  { name: 'memory without a unit', spec: sized({ memory: 2048 }), want: /did you leave out the unit/ },
  {
    name: 'memory that is no quantity',
    spec: sized({ memory: '2 GB' }),
    want: /memory must be a quantity of bytes such as/,
  },
  {
    name: 'more memory than any machine has',
    spec: sized({ memory: '5Ti' }),
    want: /memory must be at most 4Ti/,
  },
  { name: 'negative memory', spec: sized({ memory: '-1Gi' }), want: /memory must be at least 64Mi/ },
  {
    name: 'a disk that is no quantity',
    spec: sized({ disk: 'large' }),
    want: /disk must be a quantity of bytes such as/,
  },
  { name: 'a disk below 1Mi', spec: sized({ disk: '1023Ki' }), want: /disk must be at least 1Mi/ },
  { name: 'a disk beyond all measure', spec: sized({ disk: '65Ti' }), want: /disk must be at most 64Ti/ },
  {
    name: 'a private key',
    spec: but({ sshAuthorizedKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] }),
    want: /never the private key/,
  },
  {
    name: 'a path in place of a key',
    spec: but({ sshAuthorizedKeys: ['~/.ssh/id_ed25519.pub'] }),
    want: /not an OpenSSH public key/,
  },
  { name: 'an empty key', spec: but({ sshAuthorizedKeys: [''] }), want: /not an OpenSSH public key/ },
  {
    name: 'a DSA key',
    spec: but({ sshAuthorizedKeys: [`ssh-dss ${'A'.repeat(68)}`] }),
    want: /not an OpenSSH public key/,
  },
  {
    name: 'a key with a line break',
    spec: but({ sshAuthorizedKeys: [`${key}\n`] }),
    want: /without a line break/,
  },
  {
    name: 'two keys in one entry',
    spec: but({ sshAuthorizedKeys: [`${key}\n${key}`] }),
    want: /not an OpenSSH public key/,
  },
  {
    name: 'a key of 5 KB',
    spec: but({ sshAuthorizedKeys: [`ssh-rsa ${'A'.repeat(5000)}`] }),
    want: /Too long|may not be more than 4096/,
  },
  {
    name: '65 keys',
    spec: but({ sshAuthorizedKeys: Array(65).fill(key) }),
    want: /must have at most 64 items/,
  },
  {
    name: 'a key in place of the name of a KeyPair',
    spec: but({ keyPairs: [key] }),
    want: /keyPairs holds names of KeyPairs in this namespace/,
  },
  { name: 'the same KeyPair twice', spec: but({ keyPairs: ['ada', 'ada'] }), want: /Duplicate value/ },
  {
    name: '33 KeyPairs',
    spec: but({ keyPairs: Array.from({ length: 33 }, (_, n) => `k${n}`) }),
    want: /must have at most 32 items/,
  },
  {
    name: '65 KiB of user-data',
    spec: but({ userData: 'x'.repeat(65 * 1024) }),
    want: /userData may hold at most 64 KiB/,
  },
  {
    name: 'user-data that is too long in bytes only',
    spec: but({ userData: 'ü'.repeat(32769) }),
    want: /userData may hold at most 64 KiB/,
  },
  {
    name: 'user-data at two places',
    spec: but({ userData: '#!', userDataFrom: { secretKeyRef: { name: 'a', key: 'b' } } }),
    want: /give at most one of userData and userDataFrom/,
  },
  {
    name: 'user-data from nowhere',
    spec: but({ userDataFrom: {} }),
    want: /exactly one of secretKeyRef and configMapKeyRef/,
  },
  {
    name: 'user-data from two objects',
    spec: but({
      userDataFrom: { secretKeyRef: { name: 'a', key: 'b' }, configMapKeyRef: { name: 'a', key: 'b' } },
    }),
    want: /exactly one of secretKeyRef and configMapKeyRef/,
  },
  {
    name: 'user-data from a Secret of another namespace',
    spec: but({ userDataFrom: { secretKeyRef: { name: 'other/a', key: 'b' } } }),
    want: /name must be the name of a Secret in this namespace: kubectl get secrets/,
  },
  {
    name: 'user-data from a ConfigMap of another namespace',
    spec: but({ userDataFrom: { configMapKeyRef: { name: 'other/a', key: 'b' } } }),
    want: /name must be the name of a ConfigMap in this namespace: kubectl get configmaps/,
  },
  {
    name: 'user-data from a key of a Secret that cannot be one',
    spec: but({ userDataFrom: { secretKeyRef: { name: 'a', key: 'b c' } } }),
    want: /key must be one of the keys under data/,
  },
  {
    name: 'user-data from a key that cannot be one',
    spec: but({ userDataFrom: { configMapKeyRef: { name: 'a', key: '../b' } } }),
    want: /key must be one of the keys under data/,
  },
  {
    name: 'user-data from a Secret without a key',
    spec: but({ userDataFrom: { secretKeyRef: { name: 'a' } } }),
    want: /secretKeyRef\.key: Required value/,
  },
  {
    name: '65 KiB of network configuration',
    spec: but({ networkData: 'x'.repeat(65 * 1024) }),
    want: /networkData may hold at most 64 KiB/,
  },
  {
    name: 'metadata under a key with a quote',
    spec: but({ metadata: { 'a"b': 'c' } }),
    want: /keys of metadata have 1 to 255 letters/,
  },
  {
    name: 'metadata under no key',
    spec: but({ metadata: { '': 'c' } }),
    want: /keys of metadata have 1 to 255/,
  },
  {
    name: 'metadata under a key of 256 characters',
    spec: but({ metadata: { ['k'.repeat(256)]: 'c' } }),
    want: /keys of metadata have 1 to 255/,
  },
  { name: 'metadata that is no text', spec: but({ metadata: { a: 1 } }), want: /must be of type string/ },
  {
    name: 'metadata of 256 characters',
    spec: but({ metadata: { a: 'x'.repeat(256) } }),
    want: /Too long|may not be more than 255/,
  },
  {
    name: '129 words of metadata',
    spec: but({ metadata: Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`k${n}`, ''])) }),
    want: /must have at most 128 (items|properties)/,
  },
  {
    name: 'an unknown format of the seed',
    spec: but({ seedFormat: 'EC2' }),
    want: /supported values: "NoCloud", "ConfigDrive"/,
  },
  {
    name: 'an unknown power state',
    spec: but({ powerState: 'Off' }),
    want: /supported values: "Running", "Stopped", "Paused"/,
  },
  {
    name: 'a rescue by nothing',
    spec: but({ rescue: {} }),
    want: /rescue needs exactly one source: set rescue\.image/,
  },
  {
    name: 'a rescue by two',
    spec: but({ rescue: { image: 'a', claim: 'b' } }),
    want: /rescue needs exactly one source/,
  },
  {
    name: 'a rescue image with a path',
    spec: but({ rescue: { image: 'a/b' } }),
    want: /image must be the name of a BaseImage in this namespace/,
  },
  {
    name: 'a rescue snapshot with a path',
    spec: but({ rescue: { snapshot: 'a/b' } }),
    want: /snapshot must be the name of a Snapshot in this namespace/,
  },
  {
    name: 'a rescue claim with a path',
    spec: but({ rescue: { claim: 'a/b' } }),
    want: /claim must be the name of a PersistentVolumeClaim in this namespace/,
  },
  {
    name: 'a rescue of a VM that is off',
    spec: but({ rescue: { image: 'a' }, powerState: 'Stopped' }),
    want: /rescue needs powerState Running: take spec\.rescue away first/,
  },
  {
    name: 'a rescue of a VM that stands still',
    spec: but({ rescue: { image: 'a' }, powerState: 'Paused' }),
    want: /rescue needs powerState Running/,
  },
  {
    name: 'liveness by nothing',
    spec: but({ liveness: {} }),
    want: /liveness needs exactly one of ssh, tcp and http/,
  },
  {
    name: 'liveness by two checks',
    spec: but({ liveness: { ssh: {}, tcp: { port: 80 } } }),
    want: /liveness needs exactly one of ssh, tcp and http/,
  },
  {
    name: 'liveness of a reserved port',
    spec: but({ liveness: { tcp: { port: 10777 } } }),
    want: /reserved for the operator/,
  },
  {
    name: 'liveness by a path without a slash',
    spec: but({ liveness: { http: { port: 80, path: 'healthz' } } }),
    want: /path must start with \//,
  },
  ...['readiness', 'liveness'].flatMap((field) =>
    ['ssh', 'http'].map((check) => ({
      name: `${field} by ${check} on a reserved port`,
      spec: but({ [field]: { [check]: { port: 10780 } } }),
      want: /ports 10770 to 10789 are reserved for the operator's own connection/,
    })),
  ),
  {
    name: 'liveness without patience',
    spec: but({ liveness: { ssh: {}, silentSeconds: 10 } }),
    want: /silentSeconds.*greater than or equal to 60/,
  },
  {
    name: 'an unknown action for a guest that hangs',
    spec: but({ liveness: { ssh: {}, action: 'Rebuild' } }),
    want: /action.*supported values: "Reset", "Restart"/,
  },
  {
    name: 'a negative resetGeneration',
    spec: but({ resetGeneration: -1 }),
    want: /resetGeneration.*greater than or equal to 0/,
  },
  {
    name: 'a rebootGeneration in words',
    spec: but({ rebootGeneration: 'now' }),
    want: /rebootGeneration.*must be of type integer/,
  },
  {
    name: 'an unknown policy for reboots',
    spec: but({ onGuestReboot: 'Reset' }),
    want: /onGuestReboot.*supported values: "Keep", "Rebuild"/,
  },
  {
    name: 'a negative rebuildGeneration',
    spec: but({ rebuildGeneration: -1 }),
    want: /rebuildGeneration.*greater than or equal to 0/,
  },
  {
    name: 'an unknown restartPolicy',
    spec: but({ restartPolicy: 'Sometimes' }),
    want: /supported values: "Always", "OnFailure", "Never"/,
  },
  {
    name: 'two readiness checks',
    spec: but({ readiness: { ssh: {}, agent: {} } }),
    want: /at most one of ssh, tcp, http, agent and none/,
  },
  {
    name: 'a readiness check without its port',
    spec: but({ readiness: { tcp: {} } }),
    want: /spec\.readiness\.tcp\.port: Required value/,
  },
  {
    name: 'a readiness port that does not exist',
    spec: but({ readiness: { ssh: { port: 70000 } } }),
    want: /less than or equal to 65535/,
  },
  {
    name: 'a readiness path without a slash',
    spec: but({ readiness: { http: { port: 80, path: 'healthz' } } }),
    want: /path must start with \//,
  },
  {
    name: 'a readiness path with a line break',
    spec: but({ readiness: { http: { port: 80, path: '/a\r\nb' } } }),
    want: /path must start with \//,
  },
  { name: 'a port without a name', spec: open({ port: 80 }), want: /spec\.ports\[0\]\.name: Required value/ },
  {
    name: 'a port without a number',
    spec: open({ name: 'http' }),
    want: /spec\.ports\[0\]\.port: Required value/,
  },
  {
    name: 'a port beyond the last',
    spec: open({ name: 'http', port: 65536 }),
    want: /less than or equal to 65535/,
  },
  {
    name: 'a port name in capitals',
    spec: open({ name: 'HTTP', port: 80 }),
    want: /name must be lower-case letters/,
  },
  { name: 'a port name of digits', spec: open({ name: '80', port: 80 }), want: /at least one letter/ },
  {
    name: 'the first reserved port',
    spec: open({ name: 'mine', port: 10770 }),
    want: /ports 10770 to 10789 are reserved/,
  },
  {
    name: 'the last reserved port',
    spec: open({ name: 'mine', port: 10789, protocol: 'UDP' }),
    want: /are reserved/,
  },
  {
    name: "a port of the pod's own name",
    spec: open({ name: 'vm-control', port: 80 }),
    want: /the name vm-control is the pod's own/,
  },
  {
    name: 'readiness on a reserved port',
    spec: but({ readiness: { tcp: { port: 10777 } } }),
    want: /are reserved/,
  },
  {
    name: 'two ports of one name',
    spec: open({ name: 'a', port: 80 }, { name: 'a', port: 81 }),
    want: /Duplicate value/,
  },
  {
    name: 'one port twice',
    spec: open({ name: 'a', port: 80 }, { name: 'b', port: 80 }),
    want: /the same port and protocol is listed twice/,
  },
  {
    name: 'an unknown protocol',
    spec: open({ name: 'a', port: 80, protocol: 'SCTP' }),
    want: /supported values: "TCP", "UDP"/,
  },
  ...(
    [
      ['a volume without a claim', [{ name: 'data' }], /spec\.volumes\[0\]\.claim: Required value/],
      ['a volume without a name', [{ claim: 'data' }], /spec\.volumes\[0\]\.name: Required value/],
      [
        'a volume name in capitals',
        [{ name: 'DATA', claim: 'data' }],
        /lower-case letters, digits and dashes/,
      ],
      ['a volume name of 21 characters', [{ name: 'v'.repeat(21), claim: 'data' }], /Too long|more than 20/],
      [
        "a volume of a flavor's disk's name",
        [{ name: 'swap', claim: 'data' }],
        /scratch and swap are those of a flavor/,
      ],
      [
        'a volume of a claim with a path',
        [{ name: 'data', claim: 'a/b' }],
        /claim must be the name of a Persistent/,
      ],
      [
        'two volumes of one name',
        [
          { name: 'a', claim: 'a' },
          { name: 'a', claim: 'b' },
        ],
        /Duplicate value/,
      ],
      [
        'one claim as two volumes',
        [
          { name: 'a', claim: 'a' },
          { name: 'b', claim: 'a' },
        ],
        /same claim is listed twice/,
      ],
      [
        'the claim of the boot source as a volume',
        [{ name: 'a', claim: 'debian-13' }],
        /cannot be one of its volumes/,
      ],
      [
        '13 volumes',
        Array.from({ length: 13 }, (_, n) => ({ name: `v${n}`, claim: `c${n}` })),
        /at most 12 items/,
      ],
    ] as const
  ).map(([name, volumes, want]) => ({ name, spec: but({ volumes }), want })),
  ...(
    [
      ['a scratch disk without a size', [{ name: 'work' }], /spec\.scratch\[0\]\.size: Required value/],
      ['a scratch disk without a name', [{ size: '1Gi' }], /spec\.scratch\[0\]\.name: Required value/],
      [
        'a scratch disk without a unit',
        [{ name: 'work', size: 10 }],
        /size must be at least 1Mi: did you leave/,
      ],
      [
        'a scratch disk that is no size',
        [{ name: 'work', size: 'large' }],
        /size must be a quantity of bytes/,
      ],
      ['a scratch disk beyond all measure', [{ name: 'work', size: '65Ti' }], /size must be at most 64Ti/],
      [
        'a scratch disk whose name begins with a dash',
        [{ name: '-work', size: '1Gi' }],
        /name must be lower-case letters, digits and dashes/,
      ],
      ["a scratch disk of a flavor's disk's name", [{ name: 'scratch', size: '1Gi' }], /those of a flavor/],
      ['a scratch disk of the name of a volume', [{ name: 'data', size: '1Gi' }], /have the same name/],
      [
        '5 scratch disks',
        Array.from({ length: 5 }, (_, n) => ({ name: `s${n}`, size: '1Gi' })),
        /at most 4 items/,
      ],
    ] as const
  ).map(([name, scratch, want]) => ({
    name,
    spec: but({ scratch, volumes: [{ name: 'data', claim: 'data' }] }),
    want,
  })),
  {
    name: 'an unknown network backend',
    spec: but({ network: { backend: 'Tap' } }),
    want: /supported values: "Passt", "Slirp"/,
  },
  {
    name: 'an unknown accelerator',
    spec: but({ accelerator: 'HAX' }),
    want: /supported values: "Auto", "KVM", "TCG"/,
  },
  {
    name: 'too short a grace',
    spec: but({ terminationGracePeriodSeconds: 4 }),
    want: /greater than or equal to 5/,
  },
  {
    name: 'too long a grace',
    spec: but({ terminationGracePeriodSeconds: 3601 }),
    want: /less than or equal to 3600/,
  },
  ...refusedPlacements,
  { name: 'a lock without a reason', spec: but({ locked: {} }), want: /locked\.reason: Required value/ },
  {
    name: 'a lock with an empty reason',
    spec: but({ locked: { reason: '' } }),
    want: /locked\.reason.*at least 1 chars/,
  },
  {
    name: 'an expiry with nothing in it',
    spec: but({ expiry: {} }),
    want: /expiry needs at least one of ttlSeconds, deadline and idleSeconds/,
  },
  {
    name: 'a ttl of nothing',
    spec: but({ expiry: { ttlSeconds: 0 } }),
    want: /ttlSeconds.*greater than or equal to 10/,
  },
  {
    name: 'an idleness that is over at once',
    spec: but({ expiry: { idleSeconds: 59 } }),
    want: /idleSeconds.*greater than or equal to 60/,
  },
  {
    name: 'a deadline that is no moment',
    spec: but({ expiry: { deadline: 'tomorrow' } }),
    want: /expiry\.deadline.*date-time/,
  },
  {
    name: 'onExpiry of what never expires',
    spec: but({ onExpiry: 'Delete' }),
    want: /onExpiry says what happens when expiry comes/,
  },
  {
    name: 'an unknown onExpiry',
    spec: but({ expiry: { ttlSeconds: 60 }, onExpiry: 'Archive' }),
    want: /supported values: "Stop", "Delete", "SnapshotThenDelete"/,
  },
  ...refusedNetworks,
]
