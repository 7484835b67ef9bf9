import { mkdirSync, writeFileSync } from 'node:fs'

export type Metric = Readonly<{
  value: number
  unit: 'ratio' | 'ms' | 's' | 'MiB' | 'cores' | 'calls' | 'calls/min'
  /** What the value is compared with, in `unit`; of a ratio, what stands below the line, in the unit of what was measured. */
  baseline: number
  /** Unit of a ratio's baseline, where it is not ms. */
  baselineUnit?: 's' | 'MiB/s'
  /** What was measured, divided by what it is compared with. Absent where that is nothing. */
  ratio?: number
  /** How many samples the medians are of. */
  n: number
}>

/** The figures of one run of a benchmark, as bench/results keeps them. */
export type Result = Readonly<{
  name: string
  commit: string
  /** RFC 3339. */
  date: string
  machine: string
  metrics: Readonly<Record<string, Metric>>
}>

/** The text of a result's file: figures rounded to what means something, a line for each metric. */
export function resultText(result: Result): string {
  const metrics = Object.entries(result.metrics).map(
    ([key, metric]) => `    ${JSON.stringify(key)}: ${JSON.stringify(rounded(metric))}`,
  )
  const { name, commit, date, machine } = result
  const head = Object.entries({ name, commit, date, machine }).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  )
  return `{\n${head.join(',\n')},\n  "metrics": {\n${metrics.join(',\n')}\n  }\n}\n`
}

/** Writes bench/results/NAME.json and gives its path. */
export function writeResult(result: Result): string {
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const file = new URL(`${result.name}.json`, folder)
  writeFileSync(file, resultText(result))
  return file.pathname
}

function rounded(metric: Metric): Metric {
  const { ratio } = metric
  return {
    ...metric,
    value: round(metric.value),
    baseline: round(metric.baseline),
    ...(ratio === undefined ? {} : { ratio: round(ratio) }),
  }
}

/** Three decimals of small figures, none of large ones. */
function round(figure: number): number {
  const factor = Math.abs(figure) < 10 ? 1000 : Math.abs(figure) < 1000 ? 10 : 1
  return Math.round(figure * factor) / factor
}
