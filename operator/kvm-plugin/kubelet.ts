import { statSync } from 'node:fs'
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js'
import { apiVersion, methodOf, type RegisterRequest, registration } from './wire.ts'

const Client = makeGenericClientConstructor(registration, 'Registration')
const deadlineMilliseconds = 10_000

/** Tells the kubelet which resource is served on which socket; it connects there before it answers. Rejects with its words. */
export async function register(kubeletSocket: string, resource: string, endpoint: string): Promise<void> {
  const client = new Client(`unix:${kubeletSocket}`, credentials.createInsecure())
  const { path, requestSerialize, responseDeserialize } = methodOf(registration, 'Register')
  const request: RegisterRequest = { version: apiVersion, endpoint, resource_name: resource }
  const deadline = Date.now() + deadlineMilliseconds
  try {
    await new Promise<void>((resolve, reject) =>
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, { deadline }, (error) =>
        error === null ? resolve() : reject(error),
      ),
    )
  } finally {
    client.close()
  }
}

/** Which socket it is: a kubelet that starts makes a new one, and forgets all plugins. Undefined: there is none. */
export function socketIdentity(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev}:${found.ino}:${found.ctimeNs}`
}
