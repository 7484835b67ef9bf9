/** What happens in this room, for metrics and logs to subscribe to. */
export type RuntimeTelemetry =
  | Readonly<{ type: 'queueAdded'; queue: string }>
  | Readonly<{ type: 'queueTaken'; queue: string; waitedSeconds: number }>
  | Readonly<{ type: 'queueDone'; queue: string; workedSeconds: number }>
  | Readonly<{ type: 'queueRetried'; queue: string }>
  | Readonly<{
      type: 'reconciled'
      controller: string
      result: ReconcileResult
      seconds: number
      /** Nobody should try again by itself. */
      terminal: boolean
      panicked: boolean
      timedOut: boolean
    }>

/** controller-runtime's values of the label `result`. */
export type ReconcileResult = 'success' | 'requeue_after' | 'requeue' | 'error'
