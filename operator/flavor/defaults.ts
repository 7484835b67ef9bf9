import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { flavorSpec } from '../api/flavor.ts'
import { flavors } from '../api/types.ts'
import type { KubeClient } from '../kube/client.ts'
import { isConflict } from '../kube/errors.ts'
import type { Logger } from '../runtime/logger.ts'

const defaultFlavors = z.record(z.string(), flavorSpec)

/** The owner of the fields of flavors that came with the installation, apart from what an administrator changed. */
const fieldManager = 'ephemera-default-flavors'

/** Reads the file of default flavors: a map of name to spec. Throws an error that names the file and the mistake. */
export function readDefaultFlavors(path: string): z.infer<typeof defaultFlavors> {
  const parsed = defaultFlavors.safeParse(parse(readFileSync(path, 'utf8')) ?? {})
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${path}: ${issue?.path.join('.')}: ${issue?.message}`)
}

/**
 * Offers the flavors that the installation brings: makes those that are missing and brings up to date what nobody else
 * has changed. What an administrator set on a flavor stays.
 */
export async function offerDefaultFlavors(path: string, client: KubeClient, log: Logger): Promise<void> {
  if (path === '') return
  for (const [name, spec] of Object.entries(readDefaultFlavors(path))) {
    try {
      await client.apply(flavors, { metadata: { name }, spec }, { fieldManager, force: false })
    } catch (error) {
      if (!isConflict(error)) throw error
      log.info('A default flavor was changed by somebody and is left as it is', { flavor: name })
    }
  }
}
