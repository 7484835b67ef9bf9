const mebibyte = 1024 * 1024

/**
 * What a VM pod needs beyond the guest's own memory, in bytes: QEMU's heap and its code buffer (TCG translates guest code
 * into it; docs/adr/0006-memory-of-a-vm-pod.md has the figures), the network process, the control endpoint and the shells.
 * More CPUs mean more stacks and, under TCG, more translation contexts.
 */
export function memoryOverheadBytes(cpus: number, accelerator: 'KVM' | 'TCG' | 'Auto'): number {
  const base = accelerator === 'KVM' ? 96 : 128
  return (base + 4 * (cpus - 1)) * mebibyte
}

/** The pod's memory request and limit in bytes: equal, so that the scheduler counts what the VM may use. */
export function podMemoryBytes(
  guestBytes: number,
  cpus: number,
  accelerator: 'KVM' | 'TCG' | 'Auto',
): number {
  return guestBytes + memoryOverheadBytes(cpus, accelerator)
}
