import { join } from 'node:path'
import type { Pod } from './pod.ts'
import type { Ran } from './ran.ts'
import type { WayIn } from './way-in.ts'

/** Writes the image of this VM to its rescue disk, which the way leads to, as the worker does. */
export function fillRescue(pod: Pod, way: WayIn): Promise<Ran> {
  const image = `driver=qcow2,file.driver=file,file.filename=${join(pod.folder, 'base/disk.qcow2')}`
  const there = `driver=nbd,server.type=unix,server.path=${way.socket},export=rescue`
  const how = ['-n', '--target-is-zero', '-S', '64k', '--image-opts', '--target-image-opts']
  return pod.inPeer('qemu-img', 'convert', ...how, image, there)
}
