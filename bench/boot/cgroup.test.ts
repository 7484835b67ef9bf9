import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { belongsToPod, type CgroupPath, heldBytes, memoryCgroup, workingSet } from './cgroup.ts'

const paths: ReadonlyArray<{ name: string; text: string; want: CgroupPath | undefined }> = [
  {
    name: 'first generation: the line of the memory controller',
    text: '5:cpu:/other\n4:memory:/kubepods/poda-b/c1\n0::/\n',
    want: { version: 1, path: '/kubepods/poda-b/c1' },
  },
  {
    name: 'first generation: a controller that shares its hierarchy',
    text: '4:devices,memory:/a\n',
    want: { version: 1, path: '/a' },
  },
  {
    name: 'second generation: the one line',
    text: '0::/kubelet.slice/x.scope\n',
    want: { version: 2, path: '/kubelet.slice/x.scope' },
  },
  { name: 'a kernel thread in no group', text: '', want: undefined },
]
for (const { name, text, want } of paths) test(name, () => assert.equal(memoryCgroup(text), want))

test('a pod is known by its UID, whichever driver wrote it', () => {
  for (const path of ['/kubepods/burstable/pod1-2/c', '/x.slice/kubelet-pod1_2.slice/c.scope'])
    assert.ok(belongsToPod({ version: 2, path }, '1-2'), path)
  assert.not(belongsToPod({ version: 2, path: '/kubepods/pod1-3/c' }, '1-2'))
})

test('the working set leaves out inactive file pages, of the whole tree where the kernel tells', () => {
  assert.is(workingSet(1000, 'inactive_file 1\ntotal_inactive_file 300\ntotal_active_file 200\n'), 700)
  assert.is(workingSet(1000, 'anon 5\ninactive_file 300\nactive_file 200\n'), 700)
  assert.is(workingSet(100, 'inactive_file 300\n'), 0)
})

test('what cannot be taken back leaves out all file pages', () => {
  assert.is(heldBytes(1000, 'inactive_file 300\nactive_file 200\n'), 500)
})

test.run()
