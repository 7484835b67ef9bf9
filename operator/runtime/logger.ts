export type Fields = Readonly<Record<string, unknown>>

/**
 * Constant messages with what varies in the fields, so that logs can be searched and counted by message.
 * `error` is for what an administrator should look at, `info` for what happened, `debug` for how.
 */
export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
  /** A logger that adds these fields to each line. */
  child(fields: Fields): Logger
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

export type LogLine = Readonly<{
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
  fields: Fields
}>

/** A logger that keeps its lines, for tests. */
export function memoryLogger(
  lines: LogLine[] = [],
  base: Fields = {},
): Logger & { readonly lines: LogLine[] } {
  const write = (level: LogLine['level']) => (message: string, fields?: Fields) => {
    lines.push({ level, message, fields: { ...base, ...fields } })
  }
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => memoryLogger(lines, { ...base, ...fields }),
  }
}
