import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findCondition } from '../kube/conditions.ts'
import { decide } from './decide.ts'
import { saidFirst } from './said-first.ts'
import { ago, answering, instance, observed, onNode, podOf } from './testing/build.ts'

/** An instance whose Active has this reason, and which is to run. */
function was(reason: string) {
  const active = { type: 'Active', status: 'True', reason, message: '', lastTransitionTime: ago(9) } as const
  const one = instance({}, { podUID: 'uid-pod', restarts: 0, conditions: [active] })
  return observed({ instance: one, pod: onNode(podOf(one, answering)) })
}

test('a guest that is to go on is not called paused any more when it does, whatever becomes of the operator', () => {
  const paused = was('Paused')
  const verdict = decide(paused)
  assert.is(verdict.action?.kind, 'resume')
  const said = saidFirst(paused, verdict)
  assert.is(findCondition(said?.conditions, 'Active')?.reason, 'Pausing')
})

test('that is said once', () => {
  const pausing = was('Pausing')
  const verdict = decide(pausing)
  assert.is(verdict.action?.kind, 'resume')
  assert.is(saidFirst(pausing, verdict), undefined)
})

test.run()
