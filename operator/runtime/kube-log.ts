import type { KubeTelemetry } from '../kube/telemetry.ts'
import type { Logger } from './logger.ts'

/** Lines for what an administrator should know of the connection to the API server. */
export const logKube =
  (log: Logger) =>
  (told: KubeTelemetry): void => {
    switch (told.type) {
      case 'listFailed':
        log.warn('List failed', {
          reflector: told.reflector,
          error: told.error.message,
          waitSeconds: told.waitSeconds,
        })
        break
      case 'listed':
        if (told.missed > 0)
          log.warn('The watch had missed changes', { reflector: told.reflector, missed: told.missed })
        log.debug('Listed', {
          reflector: told.reflector,
          objects: told.objects,
          seconds: told.seconds,
        })
        break
      case 'watchEnded':
        log[told.error === undefined ? 'debug' : 'info']('Watch ended', {
          reflector: told.reflector,
          why: told.why,
          error: told.error?.message,
          seconds: told.seconds,
        })
        break
      case 'handlerFailed':
        log.error('A handler of changes failed by a mistake in the code', {
          reflector: told.reflector,
          error: told.error,
        })
        break
      case 'requestRetried':
        log.info('The API server asked to try again later', {
          verb: told.verb,
          status: told.status,
          waitSeconds: told.waitSeconds,
        })
        break
      case 'eventDropped':
        log.debug('An event was not sent', {
          reason: told.reason,
          why: told.why,
          error: told.error?.message,
        })
        break
      case 'leadership':
        log.info('Leadership changed', {
          lease: told.lease,
          leading: told.leading,
          holder: told.holder,
        })
        break
      case 'leaseFailed':
        log.warn('The lease could not be renewed', { lease: told.lease, error: told.error.message })
        break
    }
  }
