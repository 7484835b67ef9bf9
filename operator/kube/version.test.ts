import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { thing } from './testing/objects.ts'
import { isOlderVersion, whyIgnore } from './version.ts'

const compared: [string, string, boolean][] = [
  ['9', '10', true],
  ['10', '9', false],
  ['10', '10', false],
  ['99999999999999999998', '99999999999999999999', true],
  ['abc', '10', false],
  ['', '10', false],
]
for (const [a, b, want] of compared)
  test(`version "${a}" is ${want ? '' : 'not '}older than "${b}"`, () =>
    assert.is(isOlderVersion(a, b), want))

const at = (uid: string, resourceVersion: string) => thing('a', { uid, resourceVersion })
const cases = [
  {
    name: 'an unknown object is news',
    known: undefined,
    event: 'ADDED',
    object: at('u', '5'),
    want: undefined,
  },
  {
    name: 'a newer version is news',
    known: at('u', '5'),
    event: 'MODIFIED',
    object: at('u', '6'),
    want: undefined,
  },
  {
    name: 'the same version twice is not',
    known: at('u', '5'),
    event: 'ADDED',
    object: at('u', '5'),
    want: 'duplicate',
  },
  {
    name: 'an older version is not',
    known: at('u', '5'),
    event: 'MODIFIED',
    object: at('u', '4'),
    want: 'stale',
  },
  {
    name: 'a late deletion of a predecessor is not',
    known: at('v', '7'),
    event: 'DELETED',
    object: at('u', '6'),
    want: 'stale',
  },
  {
    name: 'a deletion is news',
    known: at('u', '5'),
    event: 'DELETED',
    object: at('u', '6'),
    want: undefined,
  },
] as const
for (const { name, known, event, object, want } of cases)
  test(name, () => assert.is(whyIgnore(known, event, object), want))

test.run()
