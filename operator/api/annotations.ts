import { group } from './group.ts'

/** Annotations on objects that the operator makes, each with what it is for. */
export const annotations = {
  /** On an instance of a set that stood by, and took over as a replica: when that was, RFC 3339. */
  takenAt: `${group}/taken-at`,
  /** On a Snapshot that keeps a VM before it goes, which stands still for its moment: the generation of the instance that asked for it. */
  keeps: `${group}/keeps`,
} as const
