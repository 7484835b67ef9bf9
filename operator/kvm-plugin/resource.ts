import { isDeepStrictEqual } from 'node:util'
import { Server, ServerCredentials, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js'
import {
  type AllocateRequest,
  type AllocateResponse,
  type Allotment,
  type Device,
  type DeviceList,
  devicePlugin,
  type Empty,
  type PluginOptions,
} from './wire.ts'

type Watcher = ServerWritableStream<Empty, DeviceList>

/** One resource of the node, as a device plugin serves it to the kubelet on a socket of its own. */
export class DeviceResource {
  readonly #allot: () => Allotment
  readonly #watchers = new Set<Watcher>()
  #devices: readonly Device[] = []
  #server: Server | undefined

  /** `allot` says what a container gets, each time that one is given a device. */
  constructor(allot: () => Allotment) {
    this.#allot = allot
  }

  /** Listens on the socket, which must not exist. Rejects where it cannot be made. */
  async listen(socket: string): Promise<void> {
    const server = new Server()
    server.addService(devicePlugin, {
      GetDevicePluginOptions: (_: unknown, reply: sendUnaryData<PluginOptions>) => reply(null, {}),
      ListAndWatch: (stream: Watcher) => this.#watch(stream),
      Allocate: ({ request }: { request: AllocateRequest }, reply: sendUnaryData<AllocateResponse>) =>
        reply(null, { container_responses: request.container_requests.map(() => this.#allot()) }),
    })
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      ),
    )
    this.#server = server
  }

  /** Tells the kubelet at once. */
  offer(devices: readonly Device[]): void {
    if (isDeepStrictEqual(devices, this.#devices)) return
    this.#devices = devices
    for (const stream of this.#watchers) stream.write({ devices })
  }

  /** Ends all calls that are under way. */
  close(): void {
    this.#server?.forceShutdown()
    this.#server = undefined
    this.#watchers.clear()
  }

  #watch(stream: Watcher): void {
    this.#watchers.add(stream)
    for (const end of ['cancelled', 'close', 'error']) stream.on(end, () => this.#watchers.delete(stream))
    stream.write({ devices: this.#devices })
  }
}

/** So many devices that containers can have at the same time. */
export const healthy = (name: string, count: number): Device[] =>
  Array.from({ length: count }, (_, index) => ({ ID: `${name}-${index}`, health: 'Healthy' }))
