import type { EphemeralInstance } from '../api/ephemeral-instance.ts'
import type { ControlTarget } from '../control/connect.ts'
import { controlKey } from '../control/key.ts'
import type { PodView } from './pod-view.ts'

/** Where the control port of an instance's pod is, and the key to it. */
export function controlTarget(
  { metadata }: Pick<EphemeralInstance, 'metadata'>,
  { ips: [host = ''] }: Pick<PodView, 'ips'>,
  masterKey: Uint8Array,
): ControlTarget {
  return { host, key: controlKey(masterKey, metadata.uid ?? '') }
}
