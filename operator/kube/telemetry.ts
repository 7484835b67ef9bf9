/**
 * What happens in this room, for metrics and logs to subscribe to; nothing here imports either.
 * One flat union: a subscriber is one `switch`.
 */
export type KubeTelemetry =
  | Readonly<{ type: 'request'; method: string; verb: string; status: number; seconds: number }>
  | Readonly<{ type: 'requestRetried'; verb: string; status: number; waitSeconds: number }>
  | Readonly<{ type: 'listed'; reflector: string; objects: number; seconds: number; missed: number }>
  | Readonly<{ type: 'listFailed'; reflector: string; error: Error; waitSeconds: number }>
  | Readonly<{ type: 'watchStarted'; reflector: string }>
  | Readonly<{ type: 'watchEnded'; reflector: string; why: WatchEnd; error?: Error; seconds: number }>
  | Readonly<{ type: 'watchEvent'; reflector: string; event: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' }>
  | Readonly<{ type: 'watchEventIgnored'; reflector: string; why: 'duplicate' | 'stale' }>
  | Readonly<{ type: 'handlerFailed'; reflector: string; error: unknown }>
  | Readonly<{ type: 'eventDropped'; reason: string; why: 'limit' | 'failed'; error?: Error }>
  | Readonly<{ type: 'leadership'; lease: string; leading: boolean; holder: string }>
  | Readonly<{ type: 'leaseFailed'; lease: string; error: Error }>

/** Why a watch ended: the server's timeout, a need to list anew, silence, an error, a relist that was due. */
export type WatchEnd = 'timeout' | 'expired' | 'stalled' | 'failed' | 'relist' | 'stopped'

export type Emit<Telemetry> = (telemetry: Telemetry) => void

/** Takes everything and does nothing. */
export const silent: Emit<unknown> = () => {}
