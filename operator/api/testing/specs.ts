/** A spec as a user wrote it: it may be wrong. */
export type Spec = Record<string, unknown>

/** A public key, as a .pub file has it. */
export const key = `ssh-ed25519 ${'A'.repeat(68)} ada@lab`
/** A size, written out. */
export const size = { cpus: 2, memory: '1Gi', disk: '10Gi' }
/** The smallest good spec. */
export const good: Spec = { boot: { claim: 'debian-13' }, flavor: 's1.1core' }
/** The good spec with some fields changed; undefined takes a field out. */
export const but = (change: Spec): Spec => ({ ...good, ...change })
/** The good spec with inline resources, some of them changed. */
export const sized = (change: Spec): Spec => but({ flavor: undefined, resources: { ...size, ...change } })
/** The good spec with these ports. */
export const open = (...ports: Spec[]): Spec => but({ ports })
