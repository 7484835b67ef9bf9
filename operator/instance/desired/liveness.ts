import type { Liveness } from '../../api/liveness.ts'

/** The port that the check needs to reach. */
export function livenessPort({ ssh, tcp, http }: Liveness): number {
  return http?.port ?? tcp?.port ?? ssh?.port ?? 22
}

/** The variables by which the runner watches the guest; none where nobody asked for it. */
export function livenessVariables(liveness: Liveness | undefined): Readonly<Record<string, string>> {
  if (liveness === undefined) return {}
  const { tcp, http, silentSeconds, action } = liveness
  const port = livenessPort(liveness)
  return {
    VM_LIVENESS: http ? `http:${port}${http.path}` : `${tcp ? 'tcp' : 'ssh'}:${port}`,
    VM_LIVENESS_SECONDS: String(silentSeconds),
    VM_LIVENESS_ACTION: action.toLowerCase(),
  }
}
