import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { type Qmp, QmpError } from '../../control/qmp.ts'
import type { Step } from './plan.ts'

const jobs = z.array(z.object({ id: z.string(), status: z.string(), error: z.string().optional() }))
const exports = z.array(z.object({ id: z.string() }))

/** Milliseconds between two looks at a job or an export that is about to be over. */
const interval = 20

/**
 * Runs the steps one after the other on one QMP session. Throws what a step throws; the rest is then left undone, and a plan
 * made from a fresh look goes on from there.
 */
export async function carryOut(steps: readonly Step[], qmp: Qmp): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'exportGone') await exportGone(step.id, qmp)
    else if (step.kind === 'job') await runJob(step, qmp)
    else await runCommand(step, qmp)
  }
}

async function runCommand(step: Extract<Step, { kind: 'run' }>, qmp: Qmp): Promise<void> {
  try {
    await qmp.execute(step.command, step.parameters)
  } catch (error) {
    if (!(error instanceof QmpError) || step.unless?.test(error.message) !== true) throw error
  }
}

async function runJob(step: Extract<Step, { kind: 'job' }>, qmp: Qmp): Promise<void> {
  await qmp.execute(step.command, step.parameters)
  for (;;) {
    const job = jobs.parse(await qmp.execute('query-jobs', {})).find(({ id }) => id === step.id)
    if (job === undefined) return
    if (job.status === 'concluded') {
      await qmp.execute('job-dismiss', { id: step.id })
      if (job.error !== undefined) throw new QmpError(step.command, 'GenericError', job.error)
      return
    }
    await delay(interval)
  }
}

async function exportGone(id: string, qmp: Qmp): Promise<void> {
  while (exports.parse(await qmp.execute('query-block-exports', {})).some((one) => one.id === id))
    await delay(interval)
}
