import { apiVersion } from '../../operator/api/group.ts'
import { kubectl } from './kubectl.ts'
import type { Lab } from './lab.ts'

/** Makes a BaseImage `tiny` of what is in the lab's claim, and waits until VMs can boot it. */
export async function importTiny(lab: Lab): Promise<void> {
  const spec = { source: { claim: { name: 'base' } }, capacity: '64Mi' }
  const manifest = { apiVersion, kind: 'BaseImage', metadata: { name: 'tiny' }, spec }
  await kubectl(['apply', '-n', lab.namespace, '-f', '-'], { input: JSON.stringify(manifest) })
  await lab.kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'baseimage/tiny')
}
