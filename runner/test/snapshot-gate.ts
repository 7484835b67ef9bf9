/**
 * A way to a TCP port on which the bytes that come back are counted, and can be stopped: snapshot-gate.ts HOST PORT, which listens on
 * that port of loopback. Commands on its input: `hold N` lets N bytes of each connection through and no more, `open` all. It says
 * `listening`, `held` for a connection that has more than it may, and `passed N` at the end of each.
 */
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

const [host = '', port = ''] = process.argv.slice(2)
let most = Number.POSITIVE_INFINITY
const lets = new Set<() => void>()

function through(client: Socket): void {
  const server = connect(Number(port), host)
  const kept: Buffer[] = []
  let passed = 0
  let isHeld = false
  const pass = () => {
    for (let chunk = kept[0]; chunk !== undefined; chunk = kept[0]) {
      if (passed + chunk.length > most) break
      passed += chunk.length
      client.write(chunk)
      kept.shift()
    }
    if (kept.length > 0 && !isHeld) console.log('held')
    isHeld = kept.length > 0
  }
  lets.add(pass)
  // Read all the time, so that the other side's end is seen at once; what it has offered by then does not come through.
  server.on('data', (chunk) => {
    kept.push(chunk)
    if (!isHeld) pass()
  })
  server.on('end', () => (kept.length > 0 ? client.destroy() : client.end()))
  server.on('close', () => {
    if (kept.length > 0) client.destroy()
  })
  server.on('error', () => client.destroy())
  client.pipe(server)
  client.on('error', () => server.destroy())
  client.on('close', () => {
    lets.delete(pass)
    server.destroy()
    console.log(`passed ${passed}`)
  })
}

createServer({ allowHalfOpen: true }, through).listen(Number(port), '127.0.0.1', () =>
  console.log('listening'),
)
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [command, bytes] = line.split(' ')
    most = command === 'hold' ? Number(bytes) : Number.POSITIVE_INFINITY
    if (command === 'open') for (const pass of lets) pass()
    console.log(line)
  })
  .on('close', () => process.exit(0))
