/** Reads the counts off uvu's closing lines, summed over all suites of a file; zeros where there are none. */
export function readSummary(output: string): { passed: number; failed: number } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are control characters
  const plain = output.replace(/\x1b\[[0-9;]*m/g, '')
  const sum = (word: string) =>
    [...plain.matchAll(new RegExp(`^\\s*${word}:\\s+(\\d+)`, 'gm'))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    )
  const total = sum('Total')
  const passed = sum('Passed')
  return { passed, failed: Math.max(0, total - passed) }
}
