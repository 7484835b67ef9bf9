/** After a guest got ready, its agent has so long to start. Seconds. */
const firstSeconds = 20

/** What a guest says of itself changes seldom. Seconds. */
const againSeconds = 3600

/** A process that has just begun to look after many VMs that run does not ask them all at once. Seconds. */
const spreadSeconds = 600

/** While another guest is asked, the next waits: one that hangs holds up one worker, and no more. Seconds. */
const busySeconds = 5

type Entry = Readonly<{ machine: string; due: number }>

/** When each guest is to be asked again what it says of itself. Only in memory: a status would be written for it. */
export class GuestAsks {
  readonly #byKey = new Map<string, Entry>()
  #isAsking = false

  /**
   * Milliseconds until the guest is to be asked; 0: now.
   *
   * @param machine what tells one start of a VM from the next
   * @param readySince when the guest got ready, RFC 3339
   */
  millisecondsLeft(key: string, machine: string, readySince: string, now: Date): number {
    const known = this.#byKey.get(key)
    const due =
      known?.machine === machine ? known.due : firstDue(machine, Date.parse(readySince), now.getTime())
    if (known?.machine !== machine) this.#byKey.set(key, { machine, due })
    return Math.max(0, due - now.getTime())
  }

  /** Asks the guest, unless another one is being asked. What comes of it does not matter: the next time is an hour away. */
  async ask<T>(key: string, machine: string, now: Date, ask: () => Promise<T>): Promise<T | undefined> {
    const seconds = this.#isAsking ? busySeconds : againSeconds
    this.#byKey.set(key, { machine, due: now.getTime() + seconds * 1000 })
    if (this.#isAsking) return undefined
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
}

function firstDue(machine: string, readyAt: number, now: number): number {
  const soon = readyAt + firstSeconds * 1000
  if (soon >= now) return soon
  return now + spread(machine) * spreadSeconds * 1000
}

/** A number from 0 to 1 that differs from machine to machine. */
export function spread(machine: string): number {
  let hash = 0
  for (const letter of machine) hash = (hash * 31 + letter.charCodeAt(0)) % 1000
  return hash / 1000
}
