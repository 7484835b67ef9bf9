import { z } from 'zod'
import { group } from '../api/group.ts'
import type { PersistentVolumeClaim } from '../kube/object.ts'

/** The annotation of a claim that says which pods of VMs have it as a volume. */
export const attachmentsAnnotation = `${group}/attached-to`

const schema = z.array(
  z.object({
    /** Name and UID of the instance, in the claim's namespace. */
    instance: z.string(),
    uid: z.string(),
    /** The pod that has the volume. It has it until it is gone, and no pod of another UID has it by this entry. */
    podUID: z.string(),
    readOnly: z.boolean(),
  }),
)

/** One pod that has a claim as a volume. */
export type Attachment = Readonly<z.infer<typeof schema>[number]>

/** The pods that a claim is attached to, gone ones among them. What nobody understands says nothing. */
export function attachmentsOf({ metadata }: PersistentVolumeClaim): readonly Attachment[] {
  const text = metadata.annotations?.[attachmentsAnnotation]
  if (text === undefined) return []
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return []
  }
}

export const attachmentsText = (attachments: readonly Attachment[]): string => JSON.stringify(attachments)

/** Whether two VMs may have the volume at the same time. */
export const areCompatible = (a: Pick<Attachment, 'readOnly'>, b: Pick<Attachment, 'readOnly'>): boolean =>
  a.readOnly && b.readOnly
