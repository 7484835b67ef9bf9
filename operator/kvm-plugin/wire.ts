import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

/** The kubelet's device plugin API, v1beta1, as far as a plugin without preferences needs it. Names and numbers are the kubelet's. */
export const apiVersion = 'v1beta1'

export type Empty = Readonly<Record<string, never>>
export type RegisterRequest = Readonly<{
  version: string
  /** Name of the plugin's socket, in the kubelet's folder of device plugins. */
  endpoint: string
  resource_name: string
  options?: PluginOptions
}>
export type PluginOptions = Readonly<{
  pre_start_required?: boolean
  get_preferred_allocation_available?: boolean
}>
export type Device = Readonly<{ ID: string; health: 'Healthy' | 'Unhealthy' }>
export type DeviceList = Readonly<{ devices: readonly Device[] }>
export type AllocateRequest = Readonly<{
  container_requests: readonly Readonly<{ devices_ids: readonly string[] }>[]
}>
/** What a container gets that was given a device. */
export type Allotment = Readonly<{
  mounts?: readonly Readonly<{ container_path: string; host_path: string; read_only: boolean }>[]
  devices?: readonly Readonly<{ container_path: string; host_path: string; permissions: string }>[]
}>
export type AllocateResponse = Readonly<{ container_responses: readonly Allotment[] }>

type Field = Readonly<{ type: string; id: number; rule?: 'repeated' }>

const text = (id: number): Field => ({ type: 'string', id })
const flag = (id: number): Field => ({ type: 'bool', id })
const list = (type: string, id: number): Field => ({ rule: 'repeated', type, id })
const message = (fields: Readonly<Record<string, Field>>) => ({ fields: { ...fields } })
const call = (requestType: string, responseType: string) => ({ requestType, responseType, comment: '' })

const definition = fromJSON(
  {
    nested: {
      [apiVersion]: {
        nested: {
          Empty: message({}),
          DevicePluginOptions: message({
            pre_start_required: flag(1),
            get_preferred_allocation_available: flag(2),
          }),
          RegisterRequest: message({
            version: text(1),
            endpoint: text(2),
            resource_name: text(3),
            options: { type: 'DevicePluginOptions', id: 4 },
          }),
          Device: message({ ID: text(1), health: text(2) }),
          ListAndWatchResponse: message({ devices: list('Device', 1) }),
          ContainerAllocateRequest: message({ devices_ids: list('string', 1) }),
          AllocateRequest: message({ container_requests: list('ContainerAllocateRequest', 1) }),
          Mount: message({ container_path: text(1), host_path: text(2), read_only: flag(3) }),
          DeviceSpec: message({ container_path: text(1), host_path: text(2), permissions: text(3) }),
          ContainerAllocateResponse: message({ mounts: list('Mount', 2), devices: list('DeviceSpec', 3) }),
          AllocateResponse: message({ container_responses: list('ContainerAllocateResponse', 1) }),
          Registration: { methods: { Register: call('RegisterRequest', 'Empty') } },
          DevicePlugin: {
            methods: {
              GetDevicePluginOptions: call('Empty', 'DevicePluginOptions'),
              ListAndWatch: { ...call('Empty', 'ListAndWatchResponse'), responseStream: true },
              Allocate: call('AllocateRequest', 'AllocateResponse'),
            },
          },
        },
      },
    },
  },
  { keepCase: true, defaults: true },
)

const loaded = loadPackageDefinition(definition)[apiVersion] as unknown as Record<
  'Registration' | 'DevicePlugin',
  Readonly<{ service: ServiceDefinition }>
>

/** What the kubelet serves. */
export const registration = loaded.Registration.service
/** What a plugin serves. */
export const devicePlugin = loaded.DevicePlugin.service

/** The path of a call, and how its messages are written. */
export function methodOf(service: ServiceDefinition, name: string) {
  const found = Object.values(service).find(({ path }) => path.endsWith(`/${name}`))
  if (found === undefined) throw new TypeError(`the API has no call ${name}`)
  return found
}
