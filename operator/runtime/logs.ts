import { type DestinationStream, type Logger as Pino, pino } from 'pino'
import type { Fields, Logger } from './logger.ts'
import { readable } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** JSON lines on stdout: `{"level":"info","time":"...","msg":"Reconcile ended",...}`. Secrets in fields are blanked. */
export function jsonLogger(options: {
  level: LogLevel
  base?: Fields
  destination?: DestinationStream
}): Logger {
  return adapt(
    pino(
      {
        level: options.level,
        base: { ...options.base },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      options.destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }),
    ),
  )
}

function adapt(target: Pino): Logger {
  const write = (level: LogLevel) => (message: string, fields?: Fields) => {
    if (!target.isLevelEnabled(level)) return
    if (fields === undefined) target[level](message)
    else target[level](readable(fields) as object, message)
  }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => adapt(target.child(readable(fields) as Record<string, unknown>)),
  }
}
