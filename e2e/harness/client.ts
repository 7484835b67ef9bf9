import { KubeClient } from '../../operator/kube/client.ts'
import { loadConnection } from '../../operator/kube/kubeconfig.ts'

/** The administrator's client of the cluster of `$KUBECONFIG`. */
export const client = new KubeClient({ connection: loadConnection(), fieldManager: 'ephemera-e2e' })
