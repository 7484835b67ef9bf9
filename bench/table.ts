import type { Metric } from './result.ts'

export type Metrics = Readonly<Record<string, Metric>>
/** The most that each figure may be, by its key. */
export type Aims = Readonly<Record<string, number>>

const heads = ['', 'value', 'aim', '', 'against', 'n']

/** A table of all figures: ratios first, then what has an aim, then the rest. */
export function table(metrics: Metrics, aims: Aims): string {
  return columns([heads, ...rowsOf(metrics, aims)])
}

/** The same for a page. */
export function markdownTable(metrics: Metrics, aims: Aims): string {
  const rows = rowsOf(metrics, aims).map(([key = '', ...cells]) => [`\`${key}\``, ...cells])
  return markdownRows([heads, ...rows])
}

/** Rows of cells, the first of them the heads, as a table of a page. */
export function markdownRows([first = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(first), line(first.map(() => '---')), ...rows.map(line)].join('\n')
}

function rowsOf(metrics: Metrics, aims: Aims): string[][] {
  const rank = ([key, { unit }]: [string, Metric]) => (unit === 'ratio' ? 0 : key in aims ? 1 : 2)
  return Object.entries(metrics)
    .sort((one, other) => rank(one) - rank(other))
    .map(([key, metric]) => row(key, metric, aims[key]))
}

function row(
  key: string,
  { value, unit, baseline, baselineUnit, n }: Metric,
  aim: number | undefined,
): string[] {
  const isRatio = unit === 'ratio'
  const shown = isRatio ? value.toFixed(3) : `${figure(value)} ${unit}`
  const against = baseline === 0 ? '' : `${figure(baseline)} ${isRatio ? (baselineUnit ?? 'ms') : unit}`
  const verdict = aim === undefined ? '' : value <= aim ? 'met' : 'MISSED'
  return [key, shown, aim === undefined ? '' : `<= ${aim}`, verdict, against, String(n)]
}

/** A figure with as many decimals as mean something. */
export function figure(value: number): string {
  return Math.abs(value) < 100 ? value.toFixed(Math.abs(value) < 10 ? 2 : 1) : value.toFixed(0)
}

/** Rows of cells as lines; all but the first column stand to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
  return rows.map((cells) => line(cells).trimEnd()).join('\n')
}
