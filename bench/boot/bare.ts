import type { Intent, Pod } from '../../operator/kube/object.ts'
import { placeholders } from '../../operator/qemu/sockets.ts'
import type { ByHand } from './by-hand.ts'

/** QEMU's own network: what somebody who starts QEMU by hand would take, and no process beside it. */
const plainNetwork = 'user,id=net0,hostfwd=tcp::22-:22'

const files = { overlay: '/overlay/disk.qcow2', seed: '/run/vm/seed.img' } as const

/**
 * A pod with nothing in it but QEMU, with the devices, the limits, the base and the seed of the given pod. An init container
 * makes overlay and seed and is gone when QEMU starts.
 */
export function barePod(
  { pod }: ByHand,
  guest: { readonly diskBytes: number },
  accelerator?: string,
): Intent<Pod> {
  const [container] = pod.spec?.containers ?? []
  if (pod.spec === undefined || container === undefined) throw new Error('the pod has no container')
  const { startupProbe: _, readinessProbe: __, env = [], ports: ___, ...plain } = container
  const words = accelerator ?? env.find(({ name }) => name === 'VM_ACCEL_TCG')?.value ?? '-accel tcg'
  const prepare = [
    `qemu-img create -q -f qcow2 -F qcow2 -b /base/disk.qcow2 ${files.overlay} ${guest.diskBytes}`,
    `mformat -C -i ${files.seed} -v CIDATA -s 32 -h 2 -t 4 ::`,
    `mcopy -i ${files.seed} /seed/meta-data /seed/user-data ::`,
  ]
  return {
    ...pod,
    spec: {
      ...pod.spec,
      initContainers: [{ ...plain, name: 'prepare', command: ['sh', '-ec', prepare.join('\n')], args: [] }],
      containers: [
        {
          ...plain,
          command: ['/usr/bin/qemu-system-x86_64'],
          args: bareArguments(container.args ?? [], words),
        },
      ],
    },
  }
}

/** QEMU's arguments with the runner's words filled in. */
export function bareArguments(args: readonly string[], accelerator: string): string[] {
  const words: ReadonlyArray<[word: string, value: string]> = [
    [placeholders.baseDriver, 'qcow2'],
    [placeholders.baseFile, '/base/disk.qcow2'],
    [placeholders.overlayFile, files.overlay],
    [placeholders.seedFile, files.seed],
    [placeholders.netdev, plainNetwork],
  ]
  const filled = (arg: string) => words.reduce((text, [word, value]) => text.replaceAll(word, value), arg)
  return args.flatMap((arg) => (arg === placeholders.accelerator ? accelerator.split(' ') : [filled(arg)]))
}
