import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { unschedulableMessage } from './unschedulable.ts'

const rows: readonly { words: string; want: RegExp }[] = [
  { words: '0/3 nodes are available: 3 Insufficient memory.', want: /smaller flavor/ },
  {
    words: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
    want: /spec\.placement\.nodeSelector/,
  },
  {
    words: '0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: lab}.',
    want: /spec\.placement\.tolerations/,
  },
  {
    words: "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
    want: /SoftAntiAffinity/,
  },
  {
    words: "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.",
    want: /where the other VMs are/,
  },
  {
    words: "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.",
    want: /ScheduleAnyway/,
  },
  { words: 'something that no scheduler said before', want: /smaller flavor/ },
]
for (const { words, want } of rows) {
  test(`"${words}" is told with its advice`, () => {
    const message = unschedulableMessage(words)
    assert.match(message, want)
    assert.ok(message.includes(words))
  })
}

test('of several causes each has its advice, and no other', () => {
  const words =
    '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.'
  const message = unschedulableMessage(words)
  assert.match(message, /tolerations.*smaller flavor/)
  assert.not.match(message, /nodeSelector/)
})

test('a VM that no node has KVM for is told so, and not to free memory', () => {
  const words = '0/1 nodes are available: 1 Insufficient ephemera.dev/kvm. no new claims to deallocate.'
  const message = unschedulableMessage(words, 'ephemera.dev/kvm')
  assert.ok(message.includes(words))
  assert.match(message, /set spec\.accelerator to TCG.*ephemera\.dev\/kvm.*log of the device plugin/)
  assert.not.match(message, /smaller flavor/)
  assert.match(unschedulableMessage(`${words} 1 Insufficient cpu`, 'ephemera.dev/kvm'), /smaller flavor.*TCG/)
})

test.run()
