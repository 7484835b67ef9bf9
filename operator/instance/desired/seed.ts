import type { SeedFormat } from '../../api/seed-format.ts'
import { vendorData } from './vendor-data.ts'

/**
 * The seed: what cloud-init (and guests like it) read at boot. The files have the names of NoCloud, whatever the format; the
 * runner puts each where its format has it.
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html and configdrive.html
 */
export type SeedSource = Readonly<{
  uid: string
  name: string
  rebuildGeneration: number
  sshAuthorizedKeys: readonly string[]
  userData?: string | undefined
  /** The user-data lies in an object of the user's, which the pod mounts: it is no part of this. */
  userDataFrom?: object | undefined
  networkData?: string | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  /** The user that the keys go to; undefined: the one that the image's own configuration names. */
  defaultUser?: string | undefined
  /** The disk is a Snapshot's: what it holds of an identity is that of another VM. */
  isOfSnapshot?: boolean | undefined
  /** Default NoCloud. */
  seedFormat?: SeedFormat | undefined
}>

/** Names of the files of a seed. */
export type SeedFile = 'meta-data' | 'user-data' | 'vendor-data' | 'network-config'

/**
 * A guest does its first-boot work again when the instance-id is new to it: host keys, host name, user-data. So the id
 * differs between instances and between rebuilds, and a disk image that was once booted elsewhere starts afresh.
 */
export function instanceId(source: Pick<SeedSource, 'uid' | 'rebuildGeneration'>): string {
  return `${source.uid}-${source.rebuildGeneration}`
}

/** Which files a seed has of these. */
export function seedFileNames(source: SeedSource): SeedFile[] {
  return Object.keys(seedFiles(source)) as SeedFile[]
}

/** The files of a seed. User-data and network configuration are passed on byte for byte. */
export function seedFiles(source: SeedSource): Partial<Record<SeedFile, string>> {
  const isConfigDrive = source.seedFormat === 'ConfigDrive'
  const { userDataFrom, userData, networkData } = source
  const ours = vendorData(source)
  return {
    'meta-data': isConfigDrive ? openStackMetadata(source) : metadata(source),
    // cloud-init takes a seed without user-data for a broken one; this is the empty form that it documents.
    ...(userDataFrom === undefined ? { 'user-data': userData ?? '#cloud-config\n{}\n' } : {}),
    'vendor-data': isConfigDrive ? JSON.stringify({ 'cloud-init': ours }) : ours,
    ...(networkData === undefined ? {} : { 'network-config': networkData }),
  }
}

/**
 * Keys go into the metadata, where cloud-init takes them for the default user, so that the user's own user-data is not
 * touched. JSON strings are YAML strings: nothing in a key's comment can break out.
 */
function metadata(source: SeedSource): string {
  const keys = source.sshAuthorizedKeys.map((key) => `  - ${JSON.stringify(key.trim())}`)
  const lines = [
    `instance-id: ${JSON.stringify(instanceId(source))}`,
    `local-hostname: ${JSON.stringify(source.name)}`,
    ...(source.metadata === undefined ? [] : [`meta: ${JSON.stringify(source.metadata)}`]),
    ...(keys.length > 0 ? ['public-keys:', ...keys] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** meta_data.json, as Nova writes it. */
function openStackMetadata(source: SeedSource): string {
  const { name, sshAuthorizedKeys, metadata: meta } = source
  const keys = sshAuthorizedKeys.map((key, number) => [`key-${number}`, key.trim()])
  return JSON.stringify({
    uuid: instanceId(source),
    name,
    hostname: name,
    launch_index: 0,
    ...(keys.length === 0 ? {} : { public_keys: Object.fromEntries(keys) }),
    ...(meta === undefined ? {} : { meta }),
  })
}
