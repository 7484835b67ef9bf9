import { z } from 'zod'
import { toBytes } from '../kube/quantity.ts'
import { type Rule, rules } from './cel.ts'

/** Bytes of a quantity such as `512Mi`, `1.5Gi` or `1048576`, rounded up. Throws a QuantityError on anything else. */
export function bytesOf(quantity: string | number): number {
  return Number(toBytes(quantity))
}

/** Bytes of a disk of that size: whole sectors, rounded up. */
export const diskBytesOf = (quantity: string | number): number => Math.ceil(bytesOf(quantity) / 512) * 512

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
