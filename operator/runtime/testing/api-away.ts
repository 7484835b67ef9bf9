/** A whole process whose API server never answers: run by a test, which watches what becomes of it. */
import { KubeClient } from '../../kube/client.ts'
import { fixedConnection } from '../../kube/connection.ts'
import { Reflector } from '../../kube/reflector.ts'
import { pods } from '../../kube/resource.ts'
import { Controller } from '../controller.ts'
import { logKube } from '../kube-log.ts'
import { jsonLogger } from '../logs.ts'
import { Manager } from '../manager.ts'
import { onTermination } from '../shutdown.ts'

const log = jsonLogger({ level: 'info' })
const client = new KubeClient({ connection: fixedConnection('http://127.0.0.1:1') })
const reflector = new Reflector({ client, type: pods, emit: logKube(log) })
const controller = new Controller({ name: 'pods', reconcile: async () => ({}) })
const manager = new Manager({ reflectors: [reflector], controllers: [controller], log })
process.exitCode = await manager.run(onTermination(process, () => process.exit(1)))
await client.close()
