import { z } from 'zod'
import { type Rule, rules } from './cel.ts'

const exponents = ['', 'k', 'M', 'G', 'T', 'P', 'E']
const scale: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  ...Object.fromEntries(exponents.map((suffix, power) => [suffix, 1000 ** power])),
  ...Object.fromEntries(exponents.slice(1).map((s, i) => [`${s.toUpperCase()}i`, 1024 ** (i + 1)])),
}

/** Bytes of a Kubernetes quantity such as `512Mi`, `1.5Gi`, `2e9` or `1048576`, rounded up. Throws on anything else. */
export function bytesOf(quantity: string | number): number {
  const match = /^([+-]?\d+\.?\d*|[+-]?\.\d+)(?:e([+-]?\d+)|E([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(
    String(quantity),
  )
  const factor = scale[match?.[4] ?? '']
  if (match === null || factor === undefined) {
    throw new Error(`"${quantity}" is no quantity: write one such as 512Mi or 2Gi`)
  }
  const exponent = Number(match[2] ?? match[3] ?? 0)
  return Math.ceil(Number(match[1]) * factor * 10 ** exponent)
}

/** Whole MiB of a quantity, rounded up. */
export function mebibytesOf(quantity: string | number): number {
  return Math.ceil(bytesOf(quantity) / 1024 ** 2)
}

/** A quantity of bytes as people write it: the largest binary unit that divides it, such as `10Gi`. */
export function formatBytes(bytes: number): string {
  for (const [index, unit] of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].entries()) {
    const size = 1024 ** (6 - index)
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  }
  return String(bytes)
}

/**
 * Schema of a quantity between two limits, in bytes. The limits are CEL rules rather than a pattern, since a pattern's
 * message shows a regular expression.
 */
export function quantity(what: string, least: string, most: string) {
  const valid = 'isQuantity(string(self))'
  const limits: Rule[] = [
    { rule: valid, message: `${what} must be a quantity of bytes such as 512Mi or 2Gi` },
    {
      rule: `!${valid} || quantity(string(self)).compareTo(quantity("${least}")) >= 0`,
      message: `${what} must be at least ${least}: did you leave out the unit, as in 2Gi?`,
    },
    {
      rule: `!${valid} || quantity(string(self)).compareTo(quantity("${most}")) <= 0`,
      message: `${what} must be at most ${most}`,
    },
  ]
  return z
    .union([z.int(), z.string().max(32)])
    .meta({ 'x-kubernetes-int-or-string': true, ...rules(...limits) })
}
