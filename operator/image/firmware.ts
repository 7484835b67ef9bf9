import type { BaseImage } from '../api/base-image.ts'
import type { Firmware } from '../api/firmware.ts'
import type { BaseImageStatus } from '../api/image-status.ts'

/** What VMs of an image boot by: its own word, or else that of the Snapshot that its content was made from. */
export const firmwareOfImage = ({ spec, status }: Pick<BaseImage, 'spec' | 'status'>): Firmware =>
  firmwareAskedFor(spec, status?.inherited)

/** The same of a content that is still to be made. */
export const firmwareAskedFor = (
  spec: Pick<BaseImage['spec'], 'firmware'>,
  inherits: BaseImageStatus['inherited'],
): Firmware => spec.firmware ?? inherits?.firmware ?? 'BIOS'
