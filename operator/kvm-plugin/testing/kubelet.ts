import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type sendUnaryData,
} from '@grpc/grpc-js'
import {
  type AllocateResponse,
  type Device,
  type DeviceList,
  devicePlugin,
  type Empty,
  methodOf,
  type RegisterRequest,
  registration,
} from '../wire.ts'

const Plugin = makeGenericClientConstructor(devicePlugin, 'DevicePlugin')

type Known = { client: Client; stream: ClientReadableStream<DeviceList>; devices: readonly Device[] }

/** The kubelet's side of the device plugin API, over the same sockets as the real one. */
export class PlayedKubelet {
  /** In the order in which they came. */
  readonly requests: RegisterRequest[] = []
  readonly #directory: string
  readonly #known = new Map<string, Known>()
  #server: Server | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  /** As the kubelet starts: all sockets in the folder go, and nothing is known of any plugin. */
  async start(): Promise<void> {
    for (const name of readdirSync(this.#directory).filter((each) => each.endsWith('.sock')))
      rmSync(join(this.#directory, name))
    const server = new Server()
    server.addService(registration, {
      Register: ({ request }: { request: RegisterRequest }, reply: sendUnaryData<Empty>) =>
        this.#meet(request).then(
          () => reply(null, {}),
          (error: Error) => reply(error),
        ),
    })
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(
        `unix:${join(this.#directory, 'kubelet.sock')}`,
        ServerCredentials.createInsecure(),
        (error) => (error === null ? resolve() : reject(error)),
      ),
    )
    this.#server = server
  }

  stop(): void {
    for (const { client, stream } of this.#known.values()) {
      stream.cancel()
      client.close()
    }
    this.#known.clear()
    this.#server?.forceShutdown()
  }

  /** What the plugin of the resource offers; undefined while there is none. */
  devicesOf(resource: string): readonly Device[] | undefined {
    return this.#known.get(resource)?.devices
  }

  /** One container that is given one device of the resource. */
  allocate(resource: string): Promise<AllocateResponse> {
    const known = this.#known.get(resource)
    const { path, requestSerialize, responseDeserialize } = methodOf(devicePlugin, 'Allocate')
    const request = { container_requests: [{ devices_ids: [known?.devices[0]?.ID ?? ''] }] }
    return new Promise((resolve, reject) =>
      known?.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        (error, response) =>
          error === null ? resolve(response as unknown as AllocateResponse) : reject(error),
      ),
    )
  }

  /** Connects to the plugin before it is answered, as the real one does. */
  async #meet(request: RegisterRequest): Promise<void> {
    this.requests.push(request)
    const client = new Plugin(`unix:${join(this.#directory, request.endpoint)}`, credentials.createInsecure())
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + 30_000, (error) => (error === undefined ? resolve() : reject(error))),
    )
    const { path, requestSerialize, responseDeserialize } = methodOf(devicePlugin, 'ListAndWatch')
    const stream = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
    ) as unknown as ClientReadableStream<DeviceList>
    const known: Known = { client, stream, devices: [] }
    stream.on('data', ({ devices }: DeviceList) => {
      known.devices = devices
    })
    stream.on('error', () => {})
    this.#known.set(request.resource_name, known)
  }
}
