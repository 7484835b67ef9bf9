import { readFileSync, writeFileSync } from 'node:fs'
import type { Result } from './result.ts'

/** Puts a result into docs/performance.md and gives the page's path: figures that are typed by hand drift. */
export function updatePage(result: Result, table: string): string {
  const file = new URL('../docs/performance.md', import.meta.url)
  writeFileSync(file, withResult(readFileSync(file, 'utf8'), result, table))
  return file.pathname
}

/** The page with the part between a benchmark's two marks replaced. Throws when the page has no such marks. */
export function withResult(page: string, { name, commit, date, machine }: Result, table: string): string {
  const [begin, end] = [`<!-- bench/results/${name}.json -->`, '<!-- end -->']
  const from = page.indexOf(begin)
  const to = page.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`the page has no place for ${name}: "${begin}" and "${end}"`)
  const about = `Measured ${date.slice(0, 10)} at commit ${commit}, on ${machine}.`
  return `${page.slice(0, from)}${begin}\n${about}\n\n${table}\n${page.slice(to)}`
}
