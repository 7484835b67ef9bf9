import { objectName } from './object-name.ts'

/** Names of what a VM can be started from, in its own namespace. Where they stand says what comes of them. */
export const sourceNames = {
  image: objectName(
    'image must be the name of a BaseImage in this namespace: kubectl get baseimages lists them',
  ),
  snapshot: objectName(
    'snapshot must be the name of a Snapshot in this namespace: kubectl get snapshots.ephemera.dev lists them',
  ),
  claim: objectName('claim must be the name of a PersistentVolumeClaim in this namespace, such as debian-13'),
}
