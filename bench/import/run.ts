/**
 * What an import costs with a worker against the same by hand: node bench/import/run.ts DISK.RAW [ROUNDS]
 *
 * DISK.RAW should hold what an OS image holds. Prints a table; writes nothing.
 */
import { table } from '../table.ts'
import { importAims, measureImport } from './measure.ts'

const [disk = '', rounds = '3'] = process.argv.slice(2)
if (disk === '') {
  console.error('usage: node bench/import/run.ts DISK.RAW [ROUNDS]')
  process.exit(2)
}
console.log(table(await measureImport(disk, Number(rounds), console.log), importAims))
