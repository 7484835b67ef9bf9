import type { KubeObject } from './object.ts'

/** Holds the whole object once more, for people who use `kubectl apply`. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** The object without what no controller reads and what is often half of its size. */
export function slim<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown }
  const annotations = metadata.annotations
  const heavy = annotations !== undefined && lastApplied in annotations
  if (managedFields === undefined && !heavy) return object
  if (!heavy) return { ...object, metadata }
  const { [lastApplied]: _, ...rest } = annotations
  return { ...object, metadata: { ...metadata, annotations: rest } }
}
