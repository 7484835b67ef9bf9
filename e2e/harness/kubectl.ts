import { outputOf, type Ran, type RunOptions, run } from './run.ts'

/** kubectl as a user runs it; gives what it prints, throws what it complains about. */
export function kubectl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  return outputOf('kubectl', args, options)
}

/** kubectl whatever comes of it. */
export function tryKubectl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run('kubectl', args, options)
}

/** The lines of a table that kubectl prints, their cells without the blanks around them. */
export function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/))
}
