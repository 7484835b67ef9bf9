import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fleeceLimitBytes, overlayLimitBytes } from './disk.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

const rows = [
  { name: 'a small disk can be overwritten whole', disk: 64 * mebibyte, least: 64 * mebibyte },
  { name: 'a disk of 1 GiB can be overwritten whole', disk: gibibyte, least: gibibyte },
  { name: 'a disk of 10 GiB has a quarter', disk: 10 * gibibyte, least: 2.5 * gibibyte },
  { name: 'a disk of 2 GiB has 1 GiB', disk: 2 * gibibyte, least: gibibyte },
]
for (const { name, disk, least } of rows) {
  test(`fleece: ${name}`, () => {
    const limit = fleeceLimitBytes(disk)
    assert.ok(limit >= least && limit <= overlayLimitBytes(disk) + 65536, String(limit))
    assert.is(limit % 65536, 0, 'QEMU wants whole sectors')
  })
}

test.run()
