import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Snapshot } from '../api/snapshot.ts'
import { isLeftBe } from './patience.ts'
import { ago, now, over, ready, snapshot, taken } from './testing/build.ts'

const ended = (status: typeof ready, secondsAgo: number, deletedAgo?: number): Snapshot => {
  const conditions = status.conditions?.map((one) => ({ ...one, lastTransitionTime: ago(secondsAgo) })) ?? []
  const meta = deletedAgo === undefined ? {} : { deletionTimestamp: ago(deletedAgo) }
  return snapshot({}, { ...status, conditions }, meta)
}

const rows: readonly (readonly [name: string, given: Snapshot, want: boolean])[] = [
  ['one that has just failed is cleaned up after', ended(over, 599), false],
  ['after ten minutes what it left is let be', ended(over, 601), true],
  ['as after one that is ready', ended(ready, 601), true],
  ['one that is under way is not given up, however long it takes', snapshot({}, taken), false],
  ['a delete waits for a minute', ended(over, 100, 59), false],
  ['and no longer', ended(over, 100, 61), true],
  ['also of one that is under way', snapshot({}, taken, { deletionTimestamp: ago(61) }), true],
]
for (const [name, given, want] of rows) test(name, () => assert.is(isLeftBe(given, now), want))

test.run()
