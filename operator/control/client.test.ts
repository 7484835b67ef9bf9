import type { TLSSocket } from 'node:tls'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vmControl } from './client.ts'
import { ControlError } from './connect.ts'
import { controlKey } from './key.ts'
import { QmpError } from './qmp.ts'
import { controlPortOf, key } from './testing/control-port.ts'

/** A QEMU that knows `stop`, `cont` and nothing else, and reports an event before each reply as QEMU does. */
function fakeQemu(commands: string[]) {
  return (socket: TLSSocket & { servername?: string }) => {
    socket.on('error', () => undefined)
    if (socket.servername === 'order' || socket.servername === 'hold') {
      socket.on('data', (line) => {
        commands.push(`${socket.servername}: ${String(line).trim()}`)
        socket.end('{"taken":true}\n')
      })
      return
    }
    socket.write(`${JSON.stringify({ QMP: { version: {}, capabilities: [] } })}\r\n`)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const { execute, id } = JSON.parse(text.slice(0, end)) as { execute: string; id: number }
        text = text.slice(end + 1)
        commands.push(execute)
        const known = ['qmp_capabilities', 'stop', 'cont'].includes(execute)
        socket.write(`${JSON.stringify({ event: 'STOP', timestamp: {} })}\n`)
        const reply = known
          ? { return: {}, id }
          : { error: { class: 'CommandNotFound', desc: `no ${execute}` }, id }
        socket.write(`${JSON.stringify(reply)}\n`)
      }
    })
  }
}

test('pausing and resuming reach QEMU as stop and cont after the negotiation', async () => {
  const commands: string[] = []
  const port = await controlPortOf(fakeQemu(commands))
  await vmControl().setPaused(port.target, true)
  await vmControl().setPaused(port.target, false)
  await port.stop()
  const [pause, resume] = [
    ['order: hold 1', 'qmp_capabilities', 'stop'],
    ['order: hold 0', 'hold: 0', 'qmp_capabilities', 'cont'],
  ]
  assert.equal(commands, [...pause, ...resume])
})

test('a guest whose disk is kept is stopped by its pod, which freezes it, and then surely', async () => {
  const commands: string[] = []
  const port = await controlPortOf(fakeQemu(commands))
  await vmControl().hold(port.target)
  await port.stop()
  assert.equal(commands, ['order: hold 1', 'hold: 1', 'qmp_capabilities', 'stop'])
})

test('an order is a line to the order service, which takes it', async () => {
  const heard: string[] = []
  const port = await controlPortOf((socket) => {
    socket.on('data', (chunk) => {
      heard.push(`${socket.servername}: ${chunk}`)
      socket.end('{"taken":true}\n')
    })
  })
  await vmControl().order(port.target, { what: 'reset', generation: 3 })
  await port.stop()
  assert.equal(heard, ['order: reset 3\n'])
})

for (const [name, answer, message] of [
  ['an order that is not taken fails', '{"taken":false}', /does not take/],
  ['a pod that knows no orders says what to do', '{"phase":"Running"}', /older version.*rebuild/],
] as const)
  test(name, async () => {
    const port = await controlPortOf((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end(`${answer}\n`),
    )
    const outcome = await vmControl()
      .order(port.target, { what: 'reset', generation: 3 })
      .catch((error: Error) => error)
    await port.stop()
    assert.instance(outcome, ControlError)
    assert.match((outcome as Error).message, message)
  })

test('the state service is asked by its name and its line is read', async () => {
  const names: unknown[] = []
  const port = await controlPortOf((socket) => {
    names.push(socket.servername)
    socket.end(
      '{"phase":"Waiting","reason":"BaseImageMissing","message":"put a disk there","accelerator":"TCG"}\n',
    )
  })
  const state = await vmControl().state(port.target)
  await port.stop()
  assert.equal(names, ['state'])
  assert.equal(state, {
    phase: 'Waiting',
    reason: 'BaseImageMissing',
    message: 'put a disk there',
    accelerator: 'TCG',
  })
})

const failures: ReadonlyArray<{
  name: string
  serve: (socket: TLSSocket) => void
  key?: string
  message: RegExp
}> = [
  {
    name: 'a wrong key is refused',
    serve: (socket) => socket.end('{}\n'),
    key: controlKey(Buffer.from('master'), 'uid-2'),
    message: /cannot be reached/,
  },
  {
    name: 'a state that is no JSON is refused',
    serve: (socket) => socket.end('hello\n'),
    message: /no state/,
  },
  { name: 'a pod that says nothing is given up', serve: () => undefined, message: /in time/ },
]
for (const row of failures) {
  test(row.name, async () => {
    const sockets: TLSSocket[] = []
    const port = await controlPortOf((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      row.serve(socket)
    })
    const target = { ...port.target, key: row.key ?? key }
    const outcome = await vmControl(300)
      .state(target)
      .then(
        () => undefined,
        (error: Error) => error,
      )
    for (const socket of sockets) socket.destroy()
    await port.stop()
    assert.match(outcome?.message ?? 'it succeeded', row.message)
  })
}

test('a port where nobody listens is a ControlError', async () => {
  const port = await controlPortOf(() => undefined)
  await port.stop()
  const outcome = await vmControl()
    .state(port.target)
    .catch((error: Error) => error)
  assert.instance(outcome, ControlError)
})

test("QEMU's refusal carries its class and words", () => {
  const error = new QmpError('stop', 'GenericError', 'not now')
  assert.is(error.message, 'stop: not now')
  assert.is(error.errorClass, 'GenericError')
})

test.run()
