/** What the probe of a node found: whether KVM runs a guest there, and in words why not. */
export type Verdict = Readonly<{ works: boolean; message: string }>

/** The file in which the probe tells it, as the plugin reads it. */
export type VerdictFile = Readonly<{ text: string; writtenAt: Date }>

export type Now = Readonly<{
  now: Date
  /** Of the kernel that runs: what was found under another one counts for nothing. */
  bootId: string
  /** After so many seconds without a word of the probe, what it said last counts no more. */
  validSeconds: number
}>

const no = (message: string): Verdict => ({ works: false, message })

/** Judges the probe's word. Whatever is not clearly a yes is a no. */
export function verdictOf(file: VerdictFile | undefined, { now, bootId, validSeconds }: Now): Verdict {
  if (file === undefined) return no('The probe has not said anything yet.')
  const [boot = '', answer = '', ...rest] = file.text.trim().split(' ')
  if (boot !== bootId) return no('The probe has not said anything since the node started.')
  if (now.getTime() - file.writtenAt.getTime() > validSeconds * 1000)
    return no(`The probe has said nothing for ${validSeconds} s: look at its pod.`)
  if (answer === 'yes') return { works: true, message: 'A guest ran under KVM.' }
  return no(answer === 'no' ? rest.join(' ') : 'The probe said something that is not understood.')
}
