import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ControlError } from '../control/connect.ts'
import { parseWorkerState, progressOf } from './state.ts'

const line = (state: object) => JSON.stringify(state)

test('a state is read as the worker says it', () => {
  const state = { phase: 'Converting', reason: '', message: '', progress: 42, bytes: 10, totalBytes: 20 }
  assert.equal(parseWorkerState(line(state)), state)
})

test('what a newer worker says beyond that does no harm', () => {
  const state = parseWorkerState(line({ phase: 'Polishing', progress: 200, colour: 'red' }))
  assert.equal(state, {
    phase: 'Preparing',
    reason: '',
    message: '',
    progress: null,
    bytes: 0,
    totalBytes: null,
  })
})

for (const text of ['', 'hello', '[]']) {
  test(`${JSON.stringify(text)} is no state`, () =>
    assert.throws(
      () => parseWorkerState(text),
      (error: unknown) => error instanceof ControlError,
    ))
}

const rows: readonly { state: object; want: number | undefined }[] = [
  { state: { phase: 'Preparing', progress: null }, want: 0 },
  { state: { phase: 'Downloading', progress: 0 }, want: 0 },
  { state: { phase: 'Downloading', progress: 50.5 }, want: 30 },
  { state: { phase: 'Downloading', progress: null }, want: undefined },
  { state: { phase: 'Receiving', progress: 100 }, want: 60 },
  { state: { phase: 'Converting', progress: 100 }, want: 95 },
  { state: { phase: 'Checking', progress: 100 }, want: 99 },
  { state: { phase: 'Publishing', progress: 100 }, want: 99 },
  { state: { phase: 'Serving', progress: 100 }, want: undefined },
]
for (const { state, want } of rows) {
  test(`${line(state)} is ${want} % of the whole`, () =>
    assert.is(progressOf(parseWorkerState(line(state))), want))
}

test.run()
