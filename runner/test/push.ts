import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sha = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const kinds = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

/** curl with these arguments and this body, where the registry can be reached: what it printed. Throws where it failed. */
export type Curl = (args: readonly string[], body?: Buffer) => Promise<string>

/** A layer of these files: path in the layer, file on this machine. */
export function layer(files: Readonly<Record<string, string>>, pack = 'gzip', prefix = ''): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'))
  try {
    for (const [path, from] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      execFileSync('cp', [from, join(folder, path)])
    }
    const paths = Object.keys(files).map((path) => prefix + path)
    const options = { maxBuffer: 2 ** 27 }
    const tar = execFileSync('tar', ['-C', folder, '-c', ...paths], options)
    return pack === 'none' ? tar : execFileSync(pack, ['-c'], { ...options, input: tar })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * Stores an image in the registry at `host` (HOST:PORT) by the distribution's HTTP API, for these platforms or for amd64 alone;
 * gives the digest of its manifest, or of its index.
 */
export async function pushImage(
  host: string,
  curl: Curl,
  name: string,
  layers: readonly Buffer[],
  platforms: readonly string[] = [],
): Promise<string> {
  const [repository = '', tag = 'latest'] = name.split(':')
  const root = `http://${host}/v2/${repository}`
  const send = (type: string, url: string, bytes: Buffer) =>
    curl(['-X', 'PUT', '-H', `Content-Type: ${type}`, url], bytes)
  const putBlob = async (bytes: Buffer) => {
    const begun = await curl(['-X', 'POST', '-D', '-', '-o', '/dev/null', `${root}/blobs/uploads/`])
    const location = /^location: *(\S+)/im.exec(begun)?.[1] ?? ''
    await send('application/octet-stream', `${location}&digest=${sha(bytes)}`, bytes)
    return { digest: sha(bytes), size: bytes.length }
  }
  const putManifest = async (reference: string, body: object) => {
    const text = JSON.stringify(body)
    const mediaType = 'layers' in body ? kinds.manifest : kinds.index
    await send(mediaType, `${root}/manifests/${reference}`, Buffer.from(text))
    return { mediaType, digest: sha(text), size: text.length }
  }
  const image = async (architecture: string) => {
    const config = { architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }
    return {
      schemaVersion: 2,
      mediaType: kinds.manifest,
      config: { mediaType: kinds.config, ...(await putBlob(Buffer.from(JSON.stringify(config)))) },
      layers: await Promise.all(
        layers.map(async (bytes) => ({ mediaType: kinds.layer, ...(await putBlob(bytes)) })),
      ),
    }
  }
  if (platforms.length === 0) return (await putManifest(tag, await image('amd64'))).digest
  const manifests = []
  for (const architecture of platforms) {
    const manifest = await image(architecture)
    const described = await putManifest(sha(JSON.stringify(manifest)), manifest)
    manifests.push({ ...described, platform: { os: 'linux', architecture } })
  }
  return (await putManifest(tag, { schemaVersion: 2, mediaType: kinds.index, manifests })).digest
}
