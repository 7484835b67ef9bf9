/**
 * A DNS server that changes its mind: dns-server.ts ADDRESS GOOD
 * `turns-N.test` has the address GOOD for the first N questions and the loopback after; `both.test` has both; others do not exist.
 */
import { createSocket } from 'node:dgram'

const [address = '', good = ''] = process.argv.slice(2)
const asked = new Map<string, number>()
const server = createSocket('udp4')

function answers(name: string): readonly string[] | undefined {
  if (name === 'both.test') return ['127.0.0.1', good]
  const turns = /^turns-(\d+)\.test$/.exec(name)
  if (turns === null) return undefined
  const times = asked.get(name) ?? 0
  asked.set(name, times + 1)
  return [times < Number(turns[1]) ? good : '127.0.0.1']
}

server.on('message', (question, from) => {
  const labels: string[] = []
  let at = 12
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const ipv4 = question.readUInt16BE(at + 1) === 1
  const name = labels.join('.')
  const known = name === 'both.test' || name.startsWith('turns-')
  const records = ipv4 ? (answers(name) ?? []) : []
  const header = Buffer.from(question.subarray(0, 12))
  header.writeUInt16BE(known ? 0x8180 : 0x8183, 2)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  const made = records.map((record) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...record.split('.').map(Number)]),
  )
  server.send(Buffer.concat([header, question.subarray(12, at + 5), ...made]), from.port, from.address)
})
server.bind(53, address, () => console.log('listening'))
