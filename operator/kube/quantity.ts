/** A Kubernetes quantity, exact: mantissa x 10^tens x 2^twos. */
export type Quantity = Readonly<{ mantissa: bigint; tens: number; twos: number }>

/** The message is made for people: it ends up in a condition. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

const decimalSuffix: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binarySuffix: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

const form = /^([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE])?)$/

/** Parses `500m`, `2`, `1.5Gi`, `3e9`, `64Mi` and the like; a number (as YAML gives for `cpus: 2`) is taken as its text. */
export function parseQuantity(value: string | number): Quantity {
  const text = String(value)
  const match = form.exec(text)
  if (match === null) throw new QuantityError(`"${text}" is not a quantity: write for example 2, 500m or 4Gi`)
  const [, sign = '', digits = '', exponent, suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const mantissa = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const shift = exponent === undefined ? (decimalSuffix[suffix] ?? 0) : Number(exponent)
  return { mantissa, tens: shift - fraction.length, twos: binarySuffix[suffix] ?? 0 }
}

/** In units of 10^scale, rounded up (away from zero, as Kubernetes does): scale 0 is whole units, -3 is thousandths. */
export function scaledValue(quantity: Quantity, scale: number): bigint {
  const tens = quantity.tens - scale
  const numerator = quantity.mantissa * 2n ** BigInt(quantity.twos) * (tens > 0 ? 10n ** BigInt(tens) : 1n)
  if (tens >= 0) return numerator
  const denominator = 10n ** BigInt(-tens)
  const quotient = numerator / denominator
  if (numerator % denominator === 0n) return quotient
  return numerator < 0n ? quotient - 1n : quotient + 1n
}

/** Whole bytes, rounded up. */
export const toBytes = (value: string | number): bigint => scaledValue(parseQuantity(value), 0)

/** The shortest exact text in binary units: 1610612736n is `1536Mi`. */
export function formatBytes(bytes: bigint): string {
  const units = Object.entries(binarySuffix).reverse()
  const unit = units.find(([, twos]) => bytes !== 0n && bytes % 2n ** BigInt(twos) === 0n)
  return unit === undefined ? bytes.toString() : `${bytes / 2n ** BigInt(unit[1])}${unit[0]}`
}
