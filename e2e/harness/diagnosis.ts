import { tryKubectl } from './kubectl.ts'
import { operator } from './operator.ts'

/** What a person would look at first when something in a namespace is not as it should be. */
export async function diagnosis(namespace: string): Promise<string> {
  const views: readonly (readonly string[])[] = [
    ['get', 'ei,pods,pvc', '-n', namespace, '-o', 'wide'],
    ['describe', 'ei', '-n', namespace],
    ['describe', 'pods', '-n', namespace],
    ['logs', '-n', namespace, '-l', 'app.kubernetes.io/managed-by=ephemera', '--tail=60', '--prefix'],
    [
      'logs',
      '-n',
      namespace,
      '-l',
      'app.kubernetes.io/managed-by=ephemera',
      '--tail=30',
      '--prefix',
      '--previous',
    ],
    ['logs', '-n', operator.namespace, `deployment/${operator.deployment}`, '--tail=60'],
  ]
  const parts = await Promise.all(
    views.map(async (args) => {
      const { stdout, stderr } = await tryKubectl(args, { seconds: 20 })
      return `--- kubectl ${args.join(' ')}\n${stdout}${stderr}`
    }),
  )
  return parts.join('\n')
}
