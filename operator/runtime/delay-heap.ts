export type Delayed<V> = { readonly key: string; at: number; value: V; place: number }

/** Keys with a time, earliest first: a binary heap that knows where each key is. */
export class DelayHeap<V> {
  readonly #heap: Delayed<V>[] = []
  readonly #byKey = new Map<string, Delayed<V>>()

  get size(): number {
    return this.#heap.length
  }

  get(key: string): Readonly<Delayed<V>> | undefined {
    return this.#byKey.get(key)
  }

  /** The earliest. */
  peek(): Readonly<Delayed<V>> | undefined {
    return this.#heap[0]
  }

  /** Adds the key, or moves it. */
  set(key: string, at: number, value: V): void {
    const known = this.#byKey.get(key)
    const entry = known ?? { key, at, value, place: this.#heap.length }
    entry.at = at
    entry.value = value
    if (known === undefined) {
      this.#heap.push(entry)
      this.#byKey.set(key, entry)
    }
    this.#settle(entry)
  }

  delete(key: string): Readonly<Delayed<V>> | undefined {
    const entry = this.#byKey.get(key)
    if (entry === undefined) return undefined
    this.#byKey.delete(key)
    const last = this.#heap.pop()
    if (last !== undefined && last !== entry) {
      this.#put(last, entry.place)
      this.#settle(last)
    }
    return entry
  }

  clear(): void {
    this.#heap.length = 0
    this.#byKey.clear()
  }

  #settle(entry: Delayed<V>): void {
    while (entry.place > 0 && this.#at((entry.place - 1) >> 1) > entry.at)
      this.#swap(entry, (entry.place - 1) >> 1)
    for (;;) {
      const left = 2 * entry.place + 1
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left
      if (this.#at(child) >= entry.at) return
      this.#swap(entry, child)
    }
  }

  /** The time at a place; past the end, later than anything. */
  #at(place: number): number {
    return this.#heap[place]?.at ?? Number.POSITIVE_INFINITY
  }

  #swap(entry: Delayed<V>, place: number): void {
    const other = this.#heap[place]
    if (other === undefined) return
    this.#put(other, entry.place)
    this.#put(entry, place)
  }

  #put(entry: Delayed<V>, place: number): void {
    this.#heap[place] = entry
    entry.place = place
  }
}
