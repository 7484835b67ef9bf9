import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One decision record: its file's name, and its title with the number. */
export type Decision = Readonly<{ file: string; title: string }>

/** The decision records of a folder, in the order of their numbers. Throws when one has no title. */
export function readDecisions(folder: string): Decision[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.*\.md$/.test(file))
    .sort()
    .map((file) => {
      const [, title] = /^# (.+)$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? []
      if (title === undefined) throw new Error(`${file} has no title`)
      return { file, title }
    })
}

/** The page that lists them and says how to write another. */
export function decisionsPage(decisions: readonly Decision[]): string {
  return `<!-- The list is made by hack/docs/api.ts: do not edit it here. -->
# Decisions

What was decided where there was a choice, with the reasons and the figures. A decision that is overturned stays, and says by which one.

${decisions.map(({ file, title }) => `- [${title}](${file})`).join('\n')}

## Writing one

\`docs/adr/NNNN-short-title.md\`, with the next free number; then \`node hack/docs/api.ts\` for this list.

\`\`\`markdown
# N. What was decided, as a sentence

## Problem
What has to be settled, and why now.

## Options
What could be done, each with what speaks for and against it.

## Figures
What was measured, how, and on what. Left out where nothing was.

## Outcome
What is done, and what follows from it.
\`\`\`
`
}
