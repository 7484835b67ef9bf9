import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Pod, type PodOptions, startPod } from './pod.ts'
import { waitFor } from './wait-for.ts'

async function withPod(options: PodOptions, story: (pod: Pod) => Promise<void>): Promise<void> {
  const pod = await startPod(options)
  try {
    await story(pod)
  } finally {
    await pod.remove()
  }
}

/** Shell that goes on when somebody writes a line into the file. */
const until = (file: string) => `mkfifo ${file}; read -r _ <${file}`

/** Before it does what makes the guest ready: a test that has looked before that says when. */
const whenTold = until('/run/go')

/** A server that takes connections and never says a word of its own; it ends when /run/stop is written to. */
const silentServer = `#!/bin/sh
${whenTold}
nc -ll -p 8080 -e cat &
${until('/run/stop')}
kill $!
`

/** Waits until the guest can be logged into, sees that it is not taken for ready, and lets it become so. */
async function readyOnlyWhenTold(pod: Pod): Promise<void> {
  const login = async () => ((await pod.ssh('true')).code === 0 ? true : undefined)
  await waitFor(login, 90, () => pod.log().slice(-2000))
  // Longer than from one question of the runner's to the next.
  const looked = Date.now() + 3_000
  while (Date.now() < looked) assert.is(await pod.probe('/ready'), '404')
  await pod.ssh('echo go >/run/go')
  await pod.until((state) => state.guest === 'Ready', 90)
}

for (const network of ['passt', 'slirp'])
  test(`tcp over ${network}: a silent server makes the guest ready, not before it listens, and not after it ended`, () =>
    withPod(
      { env: { VM_READINESS: 'tcp:8080', VM_NETWORK: network }, userData: silentServer },
      async (pod) => {
        await readyOnlyWhenTold(pod)
        await pod.ssh('echo stop >/run/stop')
        await pod.until((state) => state.guest === 'Booting', 40)
        assert.is(await pod.probe('/ready'), '404')
      },
    ))

/** What of the guest agent's protocol the readiness check speaks: any sync and any ping. */
const fakeAgent = `#!/bin/sh
for port in /sys/class/virtio-ports/*; do
  [ "$(cat $port/name)" = org.qemu.guest_agent.0 ] && device=/dev/$(basename $port)
done
exec 5<>$device
while read -r line <&5; do
  case $line in
    *guest-sync*) id=\${line##*:}; echo "{\\"return\\": \${id%%\\}*}}" >&5 ;;
    *guest-ping*) echo '{"return": {}}' >&5 ;;
  esac
done
`

test('agent: the guest is ready when its agent answers', () =>
  withPod({ env: { VM_READINESS: 'agent' }, userData: fakeAgent }, async (pod) => {
    await pod.until((state) => state.guest === 'Ready', 90)
  }))

test('http: a page that is not found is no answer, one that is found is', () =>
  withPod(
    { env: { VM_READINESS: 'http:80/up' }, userData: `#!/bin/sh\n${whenTold}\n: >/var/www/up\n` },
    readyOnlyWhenTold,
  ))

test.run()
