/** Where a worker that waits for an upload listens, in its pod. */
export const uploadPort = 10779

/** What sends a file to the worker of this name, for a shell. */
export function uploadCommand(namespace: string, name: string): string {
  return [
    `kubectl -n ${namespace} port-forward pod/${name} ${uploadPort} & sleep 2;`,
    `curl -f -T FILE -H "Authorization: Bearer $(kubectl -n ${namespace} get secret ${name} -o jsonpath='{.data.token}' | base64 -d)"`,
    `http://127.0.0.1:${uploadPort}/; kill $!`,
  ].join(' ')
}
