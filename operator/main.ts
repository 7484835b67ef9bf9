import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { extname } from 'node:path'
import { configSchema } from './config.ts'
import { guarded, vmControl } from './control/client.ts'
import { masterKey } from './control/master-key.ts'
import { openControllers } from './controllers.ts'
import { offerDefaultFlavors } from './flavor/defaults.ts'
import { startMetrics } from './instance/start-metrics.ts'
import { KubeClient } from './kube/client.ts'
import { KubeError } from './kube/errors.ts'
import { EventRecorder } from './kube/events.ts'
import { loadConnection } from './kube/kubeconfig.ts'
import { LeaseThread } from './kube/lease-thread.ts'
import type { KubeTelemetry } from './kube/telemetry.ts'
import { ConfigError, describeConfig, loadConfig, printable } from './runtime/config.ts'
import { HealthServer, loopCheck, reflectorsAlive, reflectorsSynced } from './runtime/health.ts'
import { logKube } from './runtime/kube-log.ts'
import { jsonLogger } from './runtime/logs.ts'
import { LoopLag } from './runtime/loop-lag.ts'
import { Manager } from './runtime/manager.ts'
import { Metrics } from './runtime/metrics.ts'
import { patiently } from './runtime/patiently.ts'
import { onTermination, surviveRejections } from './runtime/shutdown.ts'
import { workerControl } from './worker/control.ts'

/** Wires the operator together and runs it until it is told to stop; gives the process's exit code. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    console.log(`usage: ephemera-operator [flags]\n${describeConfig(configSchema)}`)
    return 0
  }
  const config = loadConfig({ schema: configSchema, argv, env: process.env, envPrefix: 'EPHEMERA' })
  const log = jsonLogger({ level: config.logLevel })
  log.info('Starting', { config: printable(configSchema, config), node: process.version })
  surviveRejections(process, (error) => log.error('Unhandled rejection', { error }))
  const stop = onTermination(process, () => process.exit(1))

  const connection = loadConnection()
  const metrics = new Metrics({ host: new URL(connection.server).host })
  const tellLog = logKube(log)
  const emitKube = (told: KubeTelemetry) => {
    metrics.onKube(told)
    tellLog(told)
  }
  const options = { connection, fieldManager: 'ephemera', emit: emitKube }
  // For what every replica does at its start.
  const starter = new KubeClient(options)
  const { leaseSeconds } = config
  const leadership = new LeaseThread({
    entry: new URL(`./lease-worker${extname(import.meta.filename)}`, import.meta.url),
    connection,
    leaseSeconds,
    renewDeadlineSeconds: (leaseSeconds * 2) / 3,
    retrySeconds: (leaseSeconds * 2) / 15,
    namespace: config.namespace,
    name: 'ephemera-operator',
    identity: `${hostname()}_${randomBytes(4).toString('hex')}`,
    emit: emitKube,
  })
  // A process that was held up or cut off may have lost the lead without having noticed: it must not act.
  const mustLead = () => {
    if (config.leaderElection && !leadership.isLeading)
      throw new KubeError({
        status: 0,
        reason: 'NotLeading',
        message: 'this replica does not lead at present',
      })
  }
  const client = new KubeClient({ ...options, beforeWrite: mustLead })
  const events = new EventRecorder({
    client,
    reportingController: 'ephemera.dev/operator',
    reportingInstance: hostname(),
    emit: emitKube,
  })
  const lag = new LoopLag()
  lag.start()
  const livez = [loopCheck(lag)]
  const readyz = [{ name: 'start', check: (): string | undefined => 'the API server is waited for' }]
  const health = new HealthServer({ port: config.healthPort, livez, readyz })
  await health.listen()

  const waiting = { signal: stop, log }
  const newKey = () => masterKey(starter, config.namespace, randomBytes)
  const key = await patiently(newKey, { what: 'control key', ...waiting })
  const offer = () => offerDefaultFlavors(config.flavorsFile, starter, log)
  await patiently(offer, { what: 'default flavors', ...waiting })
  const { controllers, reflectors } = openControllers({
    client,
    emitKube,
    events,
    control: { ...guarded(vmControl(), mustLead), ...workerControl() },
    masterKey: key,
    config,
    now: () => new Date(),
    reached: startMetrics(metrics.registry),
    controller: { log, emit: metrics.onRuntime, workers: config.workers },
  })
  metrics.watch({ controllers, reflectors })
  const manager = new Manager({
    reflectors,
    controllers,
    ...(config.leaderElection ? { leadership } : {}),
    onStopped: [() => events.flush(2_000)],
    log,
  })
  const scrapes = new HealthServer({
    port: config.metricsPort,
    livez: [],
    readyz: [],
    metrics: async () => ({
      contentType: metrics.registry.contentType,
      body: await metrics.registry.metrics(),
    }),
  })
  livez.push(reflectorsAlive(reflectors))
  readyz.splice(0, readyz.length, manager.notStopping, reflectorsSynced(reflectors))
  await scrapes.listen()
  const code = await manager.run(stop)
  await Promise.all([health.close(), scrapes.close(), client.close(), starter.close()])
  return code
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  // A mistake in the settings is explained; anything else needs its stack.
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(error instanceof ConfigError ? 2 : 1)
}
