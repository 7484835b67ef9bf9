import { kubectl } from './kubectl.ts'

/** Where hack/install puts the operator. */
export const operator = {
  namespace: 'ephemera-system',
  deployment: 'ephemera',
  selector: 'app.kubernetes.io/name=ephemera',
} as const

/** The image of the VM pods, as the operator is told. */
export async function runnerImage(): Promise<string> {
  const path = '{.spec.template.spec.containers[0].env[?(@.name=="EPHEMERA_RUNNER_IMAGE")].value}'
  return kubectl([
    'get',
    'deployment',
    '-n',
    operator.namespace,
    operator.deployment,
    '-o',
    `jsonpath=${path}`,
  ])
}

/** The name of the operator's pod that leads at present, of several; empty while none does. */
export async function leadingPod(): Promise<string> {
  const lease = ['get', 'lease', '-n', operator.namespace, 'ephemera-operator']
  const holder = await kubectl([...lease, '-o', 'jsonpath={.spec.holderIdentity}'])
  // POD_RANDOM
  return holder.replace(/_[^_]*$/, '')
}
