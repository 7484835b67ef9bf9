/**
 * A registry whose tokens are good for so many answers, as those of real ones are for a while: forgetful-registry.ts FOLDER ADDRESS PORT ANSWERS
 *
 * Whatever the name, the manifest is FOLDER/manifest and each layer FOLDER/layer, which breaks off in its middle the first time.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const [folder = '', address = '', port = '', answers = ''] = process.argv.slice(2)
const challenge = `Bearer realm="http://${address}:${port}/token",service="registry",scope="repository:lab:pull"`
let token = 0
let left = 0
let breaks = true

createServer((request, response) => {
  const path = request.url ?? '/'
  response.on('error', () => undefined)
  if (path.startsWith('/token')) {
    token += 1
    left = Number(answers)
    return void response.end(JSON.stringify({ token: String(token) }))
  }
  if (request.headers.authorization !== `Bearer ${token}` || left === 0)
    return void response.writeHead(401, { 'www-authenticate': challenge }).end('{}')
  left -= 1
  if (path.includes('/manifests/')) return void response.end(readFileSync(join(folder, 'manifest')))

  const layer = readFileSync(join(folder, 'layer'))
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const part = layer.subarray(Number(from), to === '' ? layer.length : Number(to) + 1)
  response.writeHead(206, {
    etag: '"same"',
    'content-length': part.length,
    'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${layer.length}`,
  })
  if (part.length < layer.length || !breaks) return void response.end(part)
  breaks = false
  response.write(part.subarray(0, part.length / 2), () => response.destroy())
}).listen(Number(port), address)
