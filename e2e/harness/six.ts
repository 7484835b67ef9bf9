import { isIPv6 } from 'node:net'
import type { Lab } from './lab.ts'
import { waitFor } from './wait-for.ts'

/** An address that the guest has just chosen is no sender while it is checked for a second owner. */
const chosen = 'ip -6 -o addr show dev eth0 scope global | grep -v tentative | grep -q inet6'

/**
 * Has the tiny guest send something over IPv6, and waits for the answer. From that passt learns the address that a guest without
 * DHCPv6 has chosen, and only then the guest is reached over IPv6. False: this cluster has no IPv6.
 */
export async function sendOver6(lab: Lab, name: string): Promise<boolean> {
  const neighbour = (await lab.workbench.addresses()).find(isIPv6)
  if (neighbour === undefined) return false
  const ping = `${chosen} && ping -6 -c 1 -W 3 ${neighbour}`
  await waitFor(`${name} to ping over IPv6`, 30, () => lab.sh(name, ping))
  return true
}
