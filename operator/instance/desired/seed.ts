/**
 * The NoCloud seed: the files that cloud-init (and guests like it) read at boot.
 * https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
 */
export type SeedSource = Readonly<{
  uid: string
  name: string
  rebuildGeneration: number
  sshAuthorizedKeys: readonly string[]
  userData?: string | undefined
}>

/**
 * A guest does its first-boot work again when the instance-id is new to it: host keys, host name, user-data. So the id
 * differs between instances and between rebuilds, and a disk image that was once booted elsewhere starts afresh.
 */
export function instanceId(source: Pick<SeedSource, 'uid' | 'rebuildGeneration'>): string {
  return `${source.uid}-${source.rebuildGeneration}`
}

/**
 * meta-data and user-data. Keys go into meta-data, where cloud-init takes them for the image's default user, so that the
 * user's own user-data is passed on byte for byte. JSON strings are YAML strings: nothing in a key's comment can break out.
 */
export function seedFiles(source: SeedSource): { 'meta-data': string; 'user-data': string } {
  const keys = source.sshAuthorizedKeys.map((key) => `  - ${JSON.stringify(key.trim())}`)
  const metaData = [
    `instance-id: ${JSON.stringify(instanceId(source))}`,
    `local-hostname: ${JSON.stringify(source.name)}`,
    ...(keys.length > 0 ? ['public-keys:', ...keys] : []),
  ]
  return {
    'meta-data': `${metaData.join('\n')}\n`,
    // cloud-init takes a seed without user-data for a broken one; this is the empty form that it documents.
    'user-data': source.userData ?? '#cloud-config\n{}\n',
  }
}
