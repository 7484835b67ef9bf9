import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ControlError } from './connect.ts'
import { askGuestAgent } from './guest-agent.ts'
import { controlPortOf } from './testing/control-port.ts'

const usual: Readonly<Record<string, unknown>> = {
  'guest-get-osinfo': {
    'pretty-name': 'Debian GNU/Linux 12 (bookworm)',
    'kernel-release': '6.1.0',
    id: 'debian',
  },
  'guest-get-host-name': { 'host-name': 'web1' },
  'guest-network-get-interfaces': [
    { name: 'lo', 'ip-addresses': [{ 'ip-address': '127.0.0.1' }, { 'ip-address': '::1' }] },
    {
      name: 'eth0',
      'ip-addresses': [
        { 'ip-address': '10.0.0.7' },
        { 'ip-address': 'fe80::1' },
        { 'ip-address': 'fd00::7' },
      ],
    },
    { name: 'eth1' },
  ],
  'guest-get-fsinfo': [
    { name: 'vda2', mountpoint: '/', type: 'ext4', 'total-bytes': 1024, 'used-bytes': 5, disk: [] },
  ],
}

/** An agent that has these answers, after some leftovers of an earlier client, and refuses all else. */
async function ask(answers: Readonly<Record<string, unknown>>, milliseconds = 3_000) {
  const port = await controlPortOf((socket) => {
    socket.on('error', () => undefined)
    socket.write('{"return": 5}\nhalf a line\n')
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk).replace(/^[^{]+/, '')
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const { execute, arguments: given } = JSON.parse(text.slice(0, end))
        text = text.slice(end + 1)
        const answer = execute === 'guest-sync' ? given.id : answers[execute]
        const line =
          answer === undefined ? { error: { class: 'CommandNotFound', desc: '' } } : { return: answer }
        if (answer !== 'silence') socket.write(`${JSON.stringify(line)}\n`)
      }
    })
  })
  try {
    return await askGuestAgent(port.target, milliseconds, 42)
  } finally {
    await port.stop()
  }
}

test('what a guest says of itself is told', async () =>
  assert.equal(await ask(usual), {
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0',
    hostname: 'web1',
    addresses: ['10.0.0.7', 'fd00::7'],
    filesystems: [{ mountpoint: '/', type: 'ext4', totalBytes: 1024 }],
  }))

test('what an agent does not know is left out', async () =>
  assert.equal(await ask({ 'guest-get-host-name': { 'host-name': 'web1' } }), { hostname: 'web1' }))

test('a guest that says anything is cut to size', async () => {
  const many = Array.from({ length: 100 }, (_, n) => n)
  const info = await ask({
    'guest-get-osinfo': { 'pretty-name': `\u001b[31m${'x'.repeat(5000)}` },
    'guest-get-host-name': { 'host-name': 'a\nb\u202e\u0000c' },
    'guest-network-get-interfaces': [
      {
        'ip-addresses': [
          ...many.map((n) => ({ 'ip-address': `10.0.0.${n}` })),
          { 'ip-address': '$(reboot)' },
        ],
      },
    ],
    'guest-get-fsinfo': many.map((n) => ({ mountpoint: `/m${n}`, type: 'ext4', 'total-bytes': -1 })),
  })
  assert.is(info.os?.length, 128)
  assert.not.ok(info.os?.includes('\u001b'))
  assert.is(info.hostname, 'abc')
  assert.is(info.addresses?.length, 8)
  assert.is(info.filesystems?.length, 8)
  assert.is(info.filesystems?.[0]?.totalBytes, undefined)
})

test('answers in a form that is none are left out', async () =>
  assert.equal(
    await ask({ 'guest-get-osinfo': 'Linux', 'guest-get-host-name': [], 'guest-get-fsinfo': { a: 1 } }),
    {},
  ))

for (const [name, answers] of [
  ['an agent that falls silent', { 'guest-get-osinfo': 'silence' }],
  ['an agent that says too much', { 'guest-get-osinfo': 'x'.repeat(1_000_000) }],
] as const)
  test(`${name} is given up`, async () => {
    const outcome = await ask(answers, 500).then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.instance(outcome, ControlError)
  })

test.run()
