import { z } from 'zod'
import type { ObjectMeta } from '../kube/object.ts'

/** An object's metadata, which the API server itself has checked: kept whole. */
export const objectMeta = z.custom<ObjectMeta>(
  (value) => typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string',
  'metadata without a name',
)
