import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { Config } from '../config.ts'

type Settings = Pick<Config, 'kvmResource'>

/** Why a VM's pod was made without asking for KVM. */
export const withoutKvm = ['TCG', 'NotConfigured', 'NotOffered', 'Taken'] as const
export type WithoutKvm = (typeof withoutKvm)[number]

/**
 * Undefined: the pod asks for KVM, and goes only to nodes that offer it. A VM that is content with less must not wait where none
 * does; one that wants KVM waits, in the scheduler's words.
 */
export function whyWithoutKvm(
  { spec: { accelerator } }: Pick<EphemeralInstance, 'spec'>,
  { kvmResource }: Settings,
  isOffered: boolean,
  /** A pod that asked for it waited in vain. */
  isTaken = false,
): WithoutKvm | undefined {
  if (accelerator === 'TCG') return 'TCG'
  if (kvmResource === '') return 'NotConfigured'
  if (accelerator !== 'Auto') return undefined
  if (!isOffered) return 'NotOffered'
  return isTaken ? 'Taken' : undefined
}

/** Why TCG runs a guest, for people. */
export function whyTcg(why: WithoutKvm, { kvmResource }: Settings): string {
  switch (why) {
    case 'TCG':
      return 'The spec asks for TCG.'
    case 'NotConfigured':
      return 'The operator knows no resource that gives pods /dev/kvm (runner.kvmResource, kvmDevicePlugin in the chart).'
    case 'NotOffered':
      return `No node offered ${kvmResource} when the VM was made; one that is rebuilt may get it.`
    case 'Taken':
      return `The nodes that offer ${kvmResource} had no room for the VM when it was made; one that is rebuilt may get it.`
  }
}
