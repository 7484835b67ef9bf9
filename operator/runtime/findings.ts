/** A thing that is not as it should be, in a reason and a sentence. */
export type Fault = Readonly<{ reason: string; message: string }>

/**
 * What one controller found out that another has to tell: by key, and under each key one fault for each teller. Kept in memory, since
 * whoever tells finds it out again after a restart.
 */
export class Findings {
  readonly #faults = new Map<string, Map<string, Fault>>()
  readonly #listeners: ((key: string) => void)[] = []

  /** Undefined: nothing is wrong (any more). */
  note(key: string, teller: string, fault: Fault | undefined): void {
    const known = this.#faults.get(key)?.get(teller)
    if (known?.reason === fault?.reason && known?.message === fault?.message) return
    const faults = this.#faults.get(key) ?? new Map<string, Fault>()
    if (fault === undefined) faults.delete(teller)
    else faults.set(teller, fault)
    if (faults.size === 0) this.#faults.delete(key)
    else this.#faults.set(key, faults)
    for (const listener of this.#listeners) listener(key)
  }

  of(key: string): readonly Fault[] {
    return [...(this.#faults.get(key)?.values() ?? [])]
  }

  /** Tells of each key about which something else is known than before. */
  onChange(listener: (key: string) => void): void {
    this.#listeners.push(listener)
  }
}
