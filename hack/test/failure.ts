const context = 40

/**
 * What is repeated of a failed file at the end of a run over many: its name and why, then its first complaints, since whoever reads the
 * end of a long log may not have its middle.
 */
export function failureReport(
  failure: Readonly<{ file: string; output: string; why?: string | undefined }>,
): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes are control characters
  const lines = failure.output.replace(/\x1b\[[0-9;]*m/g, '').split('\n')
  const begin = Math.max(
    0,
    lines.findIndex((line) => /^\s*FAIL /.test(line)),
  )
  const shown = lines.slice(begin, begin + context).filter((line) => line.trim() !== '')
  return [
    `FAIL ${failure.file}${failure.why === undefined ? '' : `: ${failure.why}`}`,
    ...shown.map((line) => `     ${line}`),
    '',
  ].join('\n')
}
