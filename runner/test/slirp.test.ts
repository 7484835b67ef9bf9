import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startPod } from './pod.ts'

test('with slirp the guest boots, answers at the pod address and powers down', async () => {
  const pod = await startPod({ env: { VM_NETWORK: 'slirp', VM_TCP_PORTS: '22,8000-8002,10778' } })
  try {
    await pod.until((state) => state.guest === 'Ready')
    const { stdout } = await pod.ssh('ip -4 -o addr show eth0; cat /etc/resolv.conf')
    assert.match(stdout, /10\.0\.2\.15/)
    assert.match(stdout, /search lab\.svc\.cluster\.local svc\.cluster\.local/)
    assert.is(await pod.probe('/started'), '200', "the pod's own port was not given to the guest")
    assert.match(pod.log(), /port 10778 is the pod's own/)
    pod.terminate()
    assert.is((await pod.ended).code, 0)
  } finally {
    await pod.remove()
  }
})

test.run()
