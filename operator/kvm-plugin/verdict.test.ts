import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { verdictOf } from './verdict.ts'

const now = new Date('2026-11-23T12:00:00Z')
const at = { now, bootId: 'b1', validSeconds: 60 }
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)

type Row = Readonly<{ name: string; text?: string; secondsOld?: number; works: boolean; says: RegExp }>

const rows: readonly Row[] = [
  { name: 'a guest ran', text: 'b1 yes\n', works: true, says: /ran under KVM/ },
  { name: 'a guest hung', text: 'b1 no a guest got nowhere\n', works: false, says: /^a guest got nowhere$/ },
  { name: 'nobody said anything', works: false, says: /not said anything yet/ },
  { name: 'it was said before the node started', text: 'b0 yes\n', works: false, says: /since the node/ },
  { name: 'it was said long ago', text: 'b1 yes\n', secondsOld: 61, works: false, says: /nothing for 60 s/ },
  { name: 'it is cut short', text: 'b1 ye', works: false, says: /not understood/ },
  { name: 'it is empty', text: '', works: false, says: /since the node/ },
]
for (const { name, text, secondsOld = 1, works, says } of rows) {
  test(`${works ? 'KVM works' : 'KVM does not work'} where ${name}`, () => {
    const file = text === undefined ? undefined : { text, writtenAt: ago(secondsOld) }
    const verdict = verdictOf(file, at)
    assert.is(verdict.works, works)
    assert.match(verdict.message, says)
  })
}

test.run()
