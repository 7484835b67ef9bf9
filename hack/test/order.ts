/** Files that may run side by side, and those that run one by one after them, each in the order in which they begin. */
export type Order = Readonly<{ together: string[]; alone: string[] }>

/**
 * Sorts files by their path, those with `first` in it before the others. One whose text has a line `// Runs alone: WHY` changes what
 * others rely on while it runs.
 */
export function inOrder(
  files: readonly string[],
  first: string | undefined,
  textOf: (file: string) => string,
): Order {
  const begins = (file: string) => first !== undefined && file.includes(first)
  const sorted = [...files].sort()
  const all = [...sorted.filter(begins), ...sorted.filter((file) => !begins(file))]
  const isAlone = (file: string) => /^\/\/ Runs alone: /m.test(textOf(file))
  return { together: all.filter((file) => !isAlone(file)), alone: all.filter(isAlone) }
}
