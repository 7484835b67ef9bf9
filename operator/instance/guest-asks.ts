/** After a guest got ready, its agent has so long to start. Seconds. */
const firstSeconds = 20

/** An agent that was not there yet, did not answer in time, or whose answer was lost on its way to the status, is asked again so much later each time. Seconds. */
const retrySeconds = [30, 120, 600]

/** What a guest says of itself changes seldom. Seconds. */
const againSeconds = 3600

/** A process that has just begun to look after many VMs that run does not ask them all at once: the longer one has been ready, the later it may be, up to so much. Seconds. */
const spreadSeconds = 600

/** While another guest is asked, the next waits: one that hangs holds up one worker, and no more. Seconds. */
const busySeconds = 5

/** When it is due, in ms since the epoch: once it has told, and as long as it has not. */
type Entry = Readonly<{ machine: string; due: number; dueUntold: number; asked: number }>

/** When each guest is to be asked again what it says of itself. Only in memory: a status would be written for it. */
export class GuestAsks {
  readonly #byKey = new Map<string, Entry>()
  #isAsking = false

  /**
   * Milliseconds until the guest is to be asked; 0: now.
   *
   * @param machine what tells one start of a VM from the next
   * @param readySince when the guest got ready, RFC 3339
   * @param hasTold whether the status holds what this guest says of itself
   */
  millisecondsLeft(key: string, machine: string, readySince: string, hasTold: boolean, now: Date): number {
    const known = this.#entry(key, machine) ?? firstEntry(machine, Date.parse(readySince), now.getTime())
    this.#byKey.set(key, known)
    return Math.max(0, (hasTold ? known.due : known.dueUntold) - now.getTime())
  }

  /** Asks the guest, unless another one is being asked. */
  async ask<T>(key: string, machine: string, now: Date, ask: () => Promise<T>): Promise<T | undefined> {
    const asked = this.#entry(key, machine)?.asked ?? 0
    const inSeconds = (seconds: number) => now.getTime() + seconds * 1000
    if (this.#isAsking) {
      const due = inSeconds(busySeconds)
      this.#byKey.set(key, { machine, due, dueUntold: due, asked })
      return undefined
    }
    const dueUntold = inSeconds(retrySeconds[asked] ?? againSeconds)
    this.#byKey.set(key, { machine, due: inSeconds(againSeconds), dueUntold, asked: asked + 1 })
    this.#isAsking = true
    try {
      return await ask()
    } finally {
      this.#isAsking = false
    }
  }

  forget(key: string): void {
    this.#byKey.delete(key)
  }

  #entry(key: string, machine: string): Entry | undefined {
    const known = this.#byKey.get(key)
    return known?.machine === machine ? known : undefined
  }
}

function firstEntry(machine: string, readyAt: number, now: number): Entry {
  const soon = readyAt + firstSeconds * 1000
  const due = soon >= now ? soon : now + spread(machine) * Math.min(spreadSeconds * 1000, now - readyAt)
  return { machine, due, dueUntold: due, asked: 0 }
}

/** A number from 0 to 1 that differs from machine to machine. */
export function spread(machine: string): number {
  let hash = 0
  for (const letter of machine) hash = (hash * 31 + letter.charCodeAt(0)) % 1000
  return hash / 1000
}
