import { ControlError } from '../../control/connect.ts'
import type { Ending } from '../../instance/testing/kubelet.ts'
import { objectKey, type Pod } from '../../kube/object.ts'
import { controllerOf } from '../../kube/owner.ts'
import type { WorkerControl } from '../control.ts'
import { parseWorkerState, type WorkerState } from '../state.ts'
import { completeWords } from './pods.ts'

export { isWorker } from '../node-loss.ts'

/** It offers an image for as long as it is let. */
export const isServing = (pod: Pod): boolean => pod.spec.containers[0]?.args?.[0] === 'serve'

/** The workers that a fake kubelet runs: each makes its image as soon as it runs, unless something else was planned. */
export class FakeWorkers {
  readonly #plans = new Map<string, Ending[]>()
  readonly #states = new Map<string, WorkerState>()

  /** The next workers of this owner (`namespace/name`) end like this, one after the other. */
  plan(owner: string, ...endings: readonly Ending[]): void {
    this.#plans.set(owner, [...endings])
  }

  /** Workers in the pod of this name (`namespace/name`) say this of themselves. */
  say(pod: string, state: Partial<WorkerState>): void {
    this.#states.set(pod, parseWorkerState(JSON.stringify(state)))
  }

  endingOf(pod: Pod): Ending {
    const owner = objectKey(pod.metadata.namespace, controllerOf(pod)?.name ?? '')
    return this.#plans.get(owner)?.shift() ?? { exitCode: 0, ...completeWords }
  }

  /** The control port of every worker. */
  controlOf(podAt: (address: string) => string | undefined): WorkerControl {
    return {
      workerState: async ({ host }) => {
        const state = this.#states.get(podAt(host) ?? '')
        if (state === undefined) throw new ControlError(`nothing answers at ${host}`)
        return state
      },
    }
  }
}
