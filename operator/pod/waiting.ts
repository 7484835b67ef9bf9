/** Why a node cannot start a container, in a reason of ours and a clause that the kubelet's words follow. */
export type StartTrouble = Readonly<{ reason: 'ImagePullFailed' | 'PodRefused'; message: string }>

/** What the kubelet calls the container's waiting, in our words. */
const troubles: Readonly<Record<string, StartTrouble>> = {
  ErrImagePull: { reason: 'ImagePullFailed', message: "The node cannot fetch the runner's image" },
  ImagePullBackOff: { reason: 'ImagePullFailed', message: "The node cannot fetch the runner's image" },
  InvalidImageName: { reason: 'ImagePullFailed', message: "The name of the runner's image is not valid" },
  ErrImageNeverPull: { reason: 'ImagePullFailed', message: "The runner's image is not on the node" },
  CreateContainerConfigError: { reason: 'PodRefused', message: 'The node cannot set the container up' },
  CreateContainerError: { reason: 'PodRefused', message: 'The node cannot make the container' },
  RunContainerError: { reason: 'PodRefused', message: 'The node cannot start the container' },
}

/** Undefined: the container waits for nothing that somebody has to mend. */
export function startTroubleOf(
  waiting: Readonly<{ reason: string; message: string }> | undefined,
): StartTrouble | undefined {
  const trouble = troubles[waiting?.reason ?? '']
  if (trouble === undefined) return undefined
  const words = waiting?.message || waiting?.reason
  const message = `${trouble.message}: ${words} The administrator of the cluster has to mend this; it goes on by itself then.`
  return { reason: trouble.reason, message }
}
