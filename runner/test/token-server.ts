/** Gives tokens for a registry to who has the login: token-server.ts FOLDER ADDRESS PORT. FOLDER has the keys. */
import { createServer } from 'node:http'
import { login, pullToken } from './registry.ts'

const [folder = '', address = '', port = ''] = process.argv.slice(2)
const basic = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://here')
  if (request.headers.authorization !== basic || url.searchParams.get('service') !== 'registry') {
    response.writeHead(401).end('{}')
    return
  }
  const [, repository = ''] = (url.searchParams.get('scope') ?? '').split(':')
  response.writeHead(200).end(JSON.stringify({ token: pullToken(folder, repository) }))
}).listen(Number(port), address)
