import type { KubeObject, OwnerReference } from './object.ts'

/**
 * The reference that makes `owner` the controller of an object, so that the object goes when the owner goes.
 * Throws when the owner has no uid, or when the object would live where the garbage collector ignores the owner.
 */
export function ownerReference(
  owner: KubeObject,
  child: { readonly namespace?: string | undefined },
): OwnerReference {
  const { name, namespace, uid } = owner.metadata
  if (uid === undefined)
    throw new TypeError(`${owner.kind} ${name} has no uid yet, so it can not own anything`)
  if (namespace !== undefined && namespace !== child.namespace)
    throw new TypeError(
      `${owner.kind} ${namespace}/${name} can not own an object in ${child.namespace ?? 'the cluster scope'}`,
    )
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The one owner that controls the object, if any. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((reference) => reference.controller === true)

/** By uid: an owner of the same name that was deleted and made again is another one. */
export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid
