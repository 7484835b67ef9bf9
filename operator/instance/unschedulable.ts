/** What the scheduler may say, and what the user can change about it. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /didn't match Pod's node affinity\/selector/i,
    'change spec.placement.nodeSelector or spec.placement.affinity, or label a node (kubectl get nodes --show-labels)',
  ],
  [/untolerated taint/i, 'add the taint to spec.placement.tolerations, or have it removed from a node'],
  [
    /anti-affinity rules/i,
    'add a node, or take a policy or affinity that lets VMs share one (spec.placement.group.policy: SoftAntiAffinity)',
  ],
  [
    /pod affinity rules/i,
    'make room where the other VMs are, or change spec.placement.group or spec.placement.affinity.podAffinity',
  ],
  [
    /topology spread constraints/i,
    'add nodes where few VMs are, or set whenUnsatisfiable: ScheduleAnyway in spec.placement.topologySpreadConstraints',
  ],
  [/Insufficient|Too many pods/i, "free a node's resources, add a node, or choose a smaller flavor"],
]

const forKvm = (resource: string) =>
  `set spec.accelerator to TCG for a VM without KVM, or see that nodes offer ${resource} (kubectl describe node; the log of the device plugin says why one does not)`

const fallback = "free a node's resources, add a node, or choose a smaller flavor"

/** The scheduler's words, and what can be done about each of them. `kvmResource` brings KVM; empty: none does. */
export function unschedulableMessage(words: string, kvmResource = ''): string {
  const kvm = `Insufficient ${kvmResource}`
  const lacksKvm = kvmResource !== '' && words.includes(kvm)
  const others = lacksKvm ? words.replaceAll(kvm, '') : words
  const found = advice.flatMap(([pattern, what]) => (pattern.test(others) ? [what] : []))
  if (lacksKvm) found.push(forKvm(kvmResource))
  const [first, ...more] = found.length === 0 ? [fallback] : found
  const text = [first, ...more].join('; ')
  return `No node takes the VM at present: ${words} What can be done: ${text}.`
}
