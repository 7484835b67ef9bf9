import type { SeedFormat } from '../../api/seed-format.ts'

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
  const vendorData = vendorDataOf(source)
  return {
    'meta-data': isConfigDrive ? openStackMetadata(source) : metadata(source),
    // cloud-init takes a seed without user-data for a broken one; this is the empty form that it documents.
    ...(userDataFrom === undefined ? { 'user-data': userData ?? '#cloud-config\n{}\n' } : {}),
    ...(vendorData === undefined
      ? {}
      : { 'vendor-data': isConfigDrive ? JSON.stringify({ 'cloud-init': vendorData }) : vendorData }),
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

/**
 * The operator's part, which cloud-init takes before the user's and merges below it: the user that the BaseImage names is the
 * default one, and may become root. Where it names none the image's own configuration is left as it is.
 */
function vendorDataOf({ defaultUser }: SeedSource): string | undefined {
  if (defaultUser === undefined) return undefined
  // A list of rules would do as well, but cloud-init's own schema of 2022 warns of one.
  const user = { name: defaultUser, lock_passwd: true, sudo: 'ALL=(ALL) NOPASSWD:ALL' }
  return `#cloud-config\nuser: ${JSON.stringify(user)}\n`
}
