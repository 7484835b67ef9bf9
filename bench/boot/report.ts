import { median } from '../median.ts'
import type { Metric } from '../result.ts'
import { aims, type Metrics } from './figures.ts'
import type { Memory } from './memory.ts'

const heads = ['', 'value', 'aim', '', 'against', 'n']

/** A table of all figures: ratios first, then what has an aim, then the rest. */
export function table(metrics: Metrics): string {
  return columns([heads, ...rowsOf(metrics)])
}

/** The same for a page. */
export function markdownTable(metrics: Metrics): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rows = rowsOf(metrics).map(([key = '', ...cells]) => line([`\`${key}\``, ...cells]))
  return [line(heads), line(heads.map(() => '---')), ...rows].join('\n')
}

function rowsOf(metrics: Metrics): string[][] {
  const rank = ([key, { unit }]: [string, Metric]) => (unit === 'ratio' ? 0 : key in aims ? 1 : 2)
  return Object.entries(metrics)
    .sort((one, other) => rank(one) - rank(other))
    .map(([key, metric]) => row(key, metric))
}

function row(key: string, { value, unit, baseline, n }: Metric): string[] {
  const aim = aims[key]
  const shown = unit === 'ratio' ? value.toFixed(3) : `${figure(value)} ${unit}`
  const against =
    unit === 'ratio' ? `${figure(baseline)} ms` : baseline === 0 ? '' : `${figure(baseline)} ${unit}`
  const verdict = aim === undefined ? '' : value <= aim ? 'met' : 'MISSED'
  return [key, shown, aim === undefined ? '' : `<= ${aim}`, verdict, against, String(n)]
}

/** What the pod's processes have of their own, in MiB, largest first. */
export function processTable(memories: readonly Memory[]): string {
  const names = [...new Set(memories.flatMap(({ byName }) => Object.keys(byName)))]
  const sizes = names.map((name) => ({ name, mib: median(memories.map(({ byName }) => byName[name] ?? 0)) }))
  return columns(sizes.sort((a, b) => b.mib - a.mib).map(({ name, mib }) => [name, `${mib.toFixed(1)} MiB`]))
}

function figure(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(Math.abs(value) < 10 ? 2 : 1) : value.toFixed(0)
}

/** Rows of cells as lines; all but the first column stand to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
  return rows.map((cells) => line(cells).trimEnd()).join('\n')
}
