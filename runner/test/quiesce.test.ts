import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runnerRoot } from './built.ts'
import { playGuest } from './played-guest.ts'
import { type Ran, ran } from './ran.ts'
import { waitFor } from './wait-for.ts'

const program = join(runnerRoot(), 'usr/lib/ephemera/snapshot-switch')

/** Runs the program with this folder as its /run/vm, in a mount namespace of its own. By its input, a pipe, it cannot tell that nobody hears it any more. */
const switching = (folder: string, words: string, task = 'switch'): Promise<Ran> =>
  ran(
    'unshare',
    [
      '--mount',
      'sh',
      '-ec',
      'mount -t tmpfs tmpfs /run; mkdir /run/vm; mount --bind "$1" /run/vm; cat | "$2" "$3"',
      'sh',
      folder,
      program,
      task,
    ],
    `${words}\n`,
  )

const guests = [
  { name: 'a guest whose agent answers at once', late: '' },
  {
    name: 'a guest that is still writing when the time for that is over, and whose agent then owes an answer,',
    late: 'guest-exec-status',
  },
] as const
for (const { name, late } of guests) {
  test(`${name} is frozen for the switch, and thawed`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quiesce-'))
    const guest = await playGuest(folder, late)
    const { stdout, stderr } = await switching(folder, 'new required')
    await guest.close()
    rmSync(folder, { recursive: true })
    const said = JSON.parse(stdout || '{}')
    assert.is(said.quiesced, true, stdout + stderr)
    assert.is(said.thawed, true, stdout)
    assert.is(guest.wasFrozen(), true)
    assert.is(guest.isFrozen(), false)
  })
}

test('a guest that is let go on while it is about to be stopped runs in the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quiesce-'))
  // It freezes, and does not say so before it is asked to thaw.
  const guest = await playGuest(folder, 'guest-fsfreeze-freeze')
  try {
    const held = switching(folder, '1', 'hold')
    await waitFor(
      () => guest.isFrozen() || undefined,
      30,
      () => 'no freeze was asked for',
    )
    const [first, last] = await Promise.all([held, switching(folder, '0', 'hold')])
    assert.equal(
      [first, last].map(({ stdout }) => stdout),
      ['{"still":true,"frozen":false}\n', '{"still":false}\n'],
    )
    assert.equal([guest.isRunning(), guest.isFrozen()], [true, false])
  } finally {
    await guest.close()
    rmSync(folder, { recursive: true })
  }
})

test.run()
