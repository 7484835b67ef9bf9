import type { EphemeralInstance } from '../api/ephemeral-instance.ts'

/** Its machine runs from another disk than the VM's own, or soon will, and comes back to that. */
export const isRescued = ({ spec, status }: Pick<EphemeralInstance, 'spec' | 'status'>): boolean =>
  spec.rescue !== undefined || status?.rescue !== undefined
