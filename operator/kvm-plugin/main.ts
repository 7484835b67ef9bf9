import { existsSync, readFileSync } from 'node:fs'
import { sleep, systemClock } from '../kube/clock.ts'
import { ConfigError, describeConfig, loadConfig } from '../runtime/config.ts'
import { jsonLogger } from '../runtime/logs.ts'
import { onTermination } from '../runtime/shutdown.ts'
import { configSchema } from './config.ts'
import { KvmPlugin } from './plugin.ts'

/** Runs the device plugin of a node until it is told to stop. */
async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) {
    console.log(`usage: ephemera-kvm-plugin [flags]\n${describeConfig(configSchema)}`)
    return
  }
  const config = loadConfig({ schema: configSchema, argv, env: process.env, envPrefix: 'EPHEMERA_KVM' })
  const log = jsonLogger({ level: config.logLevel })
  log.info('Starting', { config, node: process.version })
  const stop = onTermination(process, () => process.exit(1))
  const plugin = new KvmPlugin({
    config,
    log,
    now: () => new Date(),
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    // The same in every container, unlike /dev.
    isPresent: () => existsSync('/sys/class/misc/kvm'),
  })
  while (!stop.aborted) {
    await plugin.look()
    await sleep(systemClock, config.pollSeconds * 1000, stop)
  }
  plugin.close()
}

try {
  await main(process.argv.slice(2))
  process.exit(0)
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(error instanceof ConfigError ? 2 : 1)
}
