/**
 * An HTTP server with the faults of the real ones: faulty-server.ts FOLDER ADDRESS PORT
 *
 * Prints `listening`, then each path that is asked for. A path is FAULT/.../FILE:
 *   FILE                  with Range, If-Range and an ETag
 *   drop/N/FILE           breaks off N bytes after where it began
 *   drop-no-range/N/FILE  breaks off the first time, and knows no Range
 *   short/N/FILE          sends N bytes of the whole length, and no more however often it is asked
 *   changed/N/FILE        breaks off, and is another file (FILE.other) by the next time
 *   FAULT-untold/...      the same, without an ETag
 *   lapse/N/FILE          redirects to a place that breaks off after N bytes and then refuses; the next redirect is to one that does not
 *   stall/N/FILE          sends N bytes and then nothing
 *   chunked/FILE          tells no length
 *   chunked-short/N/FILE  tells no length and ends its chunks wrongly after N bytes
 *   status/CODE           nothing but a status; busy/CODE/N/FILE: the first N times
 *   hops/N/FILE           redirects N times, then the file; to/URL: redirects there
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'

const [folder = '', address = '', port = ''] = process.argv.slice(2)
const seen = new Map<string, number>()

/** Sends bytes FROM..TO of a file, in pieces, then calls `after`. */
function send(response: ServerResponse, file: string, from: number, to: number, after: () => void): void {
  const handle = openSync(file, 'r')
  const piece = Buffer.alloc(256 * 1024)
  let at = from
  const next = () => {
    if (at >= to || response.destroyed) {
      closeSync(handle)
      after()
      return
    }
    const length = readSync(handle, piece, 0, Math.min(piece.length, to - at), at)
    at += length
    response.write(Buffer.from(piece.subarray(0, length)), next)
  }
  next()
}

createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '/').slice(1).replace(/\?.*/, ''))
  console.log(`/${path}`)
  const [named = '', first = '', ...rest] = path.split('/')
  const fault = named.replace('-untold', '')
  const probe = request.headers.range === 'bytes=0-15'
  const times = seen.get(path) ?? 0
  if (!probe) seen.set(path, times + 1)
  response.on('error', () => undefined)

  if (fault === 'status') return void response.writeHead(Number(first)).end('no')
  if (fault === 'to') return void response.writeHead(302, { location: path.slice(3) }).end('elsewhere')
  if (fault === 'lapse') {
    seen.set(path, times + 1)
    const place = times === 0 ? 'lapsing' : 'lasting'
    return void response.writeHead(302, { location: `/${place}/${first}/${rest.join('/')}` }).end('elsewhere')
  }
  if (fault === 'lapsing' && (times > 0 || first === '0')) return void response.writeHead(403).end('no more')
  if (fault === 'hops' && Number(first) > 0)
    return void response
      .writeHead(302, { location: `/hops/${Number(first) - 1}/${rest.join('/')}` })
      .end('elsewhere')
  if (fault === 'busy' && times < Number(rest[0]) && !probe)
    return void response.writeHead(Number(first)).end('later')

  let file = join(folder, path.split('/').at(-1) ?? '')
  if (fault === 'changed' && times > 0) file += '.other'
  let size: number
  try {
    size = statSync(file).size
  } catch {
    return void response.writeHead(404).end('nothing here')
  }
  const limit = Number(first)
  const tag = `"${fault === 'changed' ? times : 'same'}"`
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === tag
  const ranged = wanted !== null && fresh && fault !== 'drop-no-range' && !fault.startsWith('chunked')
  const from = ranged ? Number(wanted[1]) : 0
  const end = ranged && wanted[2] !== '' ? Math.min(size, Number(wanted[2]) + 1) : size
  if (from > 0 && from >= size) return void response.writeHead(416).end()
  const headers: Record<string, string | number> = named === fault ? { etag: tag } : {}
  if (!fault.startsWith('chunked')) headers['content-length'] = end - from
  if (ranged) headers['content-range'] = `bytes ${from}-${end - 1}/${size}`
  response.writeHead(ranged ? 206 : 200, headers)

  const cut = () => void response.destroy()
  const finish = () => void response.end()
  if (probe) return send(response, file, from, end, finish)
  if (fault === 'drop')
    return send(response, file, from, Math.min(end, from + limit), from + limit < end ? cut : finish)
  if (fault === 'drop-no-range' && times === 0) return send(response, file, 0, limit, cut)
  if (fault === 'changed' && times === 0) return send(response, file, 0, limit, cut)
  if (fault === 'lapsing') return send(response, file, 0, limit, cut)
  if (fault === 'short') return send(response, file, from, Math.max(from, Math.min(end, limit)), cut)
  if (fault === 'chunked-short') return send(response, file, 0, limit, cut)
  if (fault === 'stall')
    return send(response, file, from, Math.max(from, Math.min(end, limit)), () => undefined)
  send(response, file, from, end, finish)
}).listen(Number(port), address, () => console.log('listening'))
