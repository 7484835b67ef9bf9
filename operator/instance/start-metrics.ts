import { Histogram, type Registry } from 'prom-client'
import type { Milestone } from './milestones.ts'

const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]

/** Histograms of how long VMs take to start, step by step, in this registry; the function counts what was reached. */
export function startMetrics(registry: Registry): (milestones: readonly Milestone[]) => void {
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets, registers: [registry] })
  const steps = {
    createToPod: histogram(
      'ephemera_instance_create_to_pod_seconds',
      'From the creation of an instance (which the API server tells in whole seconds, rounded down) to its first pod',
    ),
    podToQemu: histogram(
      'ephemera_instance_pod_to_qemu_seconds',
      'From the creation of a pod to the start of QEMU',
    ),
    qemuToGuest: histogram(
      'ephemera_instance_qemu_to_guest_ready_seconds',
      "From the start of QEMU to the guest's first answer",
    ),
  }
  return (milestones) => {
    for (const { step, seconds } of milestones) steps[step].observe(seconds)
  }
}
