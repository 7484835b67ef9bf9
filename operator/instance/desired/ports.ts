import type { Liveness } from '../../api/liveness.ts'
import type { Port } from '../../api/ports.ts'
import type { Readiness } from '../../api/readiness.ts'
import { livenessPort } from './liveness.ts'

/**
 * What is forwarded when an instance declares no port: what people run on VMs for others. A forwarded port costs some 4 KiB
 * of kernel memory and a listening socket, so this is a list and not a range.
 */
export const defaultTcpPorts: readonly number[] = [
  22, 80, 443, 3000, 3306, 3389, 5000, 5432, 5900, 6379, 6443, 8000, 8080, 8443, 8888, 9000, 9090,
]

export type ForwardedPorts = Readonly<{ tcp: readonly number[]; udp: readonly number[] }>

/** The ports that the pod's address forwards to the guest: as declared, and always ssh and the ports that are checked. */
export function forwardedPorts(
  declared: readonly Port[],
  readiness: Readiness,
  liveness?: Liveness,
): ForwardedPorts {
  const always = [
    22,
    ...('port' in readiness ? [readiness.port] : []),
    ...(liveness === undefined ? [] : [livenessPort(liveness)]),
  ]
  const wanted = (protocol: Port['protocol']) =>
    declared.filter((port) => port.protocol === protocol).map((port) => port.port)
  const tcp = declared.length === 0 ? defaultTcpPorts : wanted('TCP')
  return { tcp: ascending([...always, ...tcp]), udp: ascending(wanted('UDP')) }
}

function ascending(ports: readonly number[]): number[] {
  return [...new Set(ports)].sort((a, b) => a - b)
}
