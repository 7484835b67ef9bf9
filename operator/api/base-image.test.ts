import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { baseImage } from './base-image.ts'
import { apiVersion } from './group.ts'

const smallest = {
  apiVersion,
  kind: 'BaseImage',
  metadata: { name: 'debian-13', namespace: 'default' },
  spec: { source: { upload: {} } },
}

test('the smallest base image gets its defaults, and no firmware: a Snapshot may say that', () =>
  assert.equal(baseImage.parse(smallest).spec, {
    source: { upload: {} },
    capacity: '10Gi',
    visibility: 'Namespace',
  }))

test('the status survives parsing', () => {
  const status = {
    phase: 'Importing',
    progress: 10,
    import: {
      claim: 'debian-13-0123abcd',
      startedAt: '2026-01-01T12:00:00Z',
      failures: 1,
      lastFailure: {
        reason: 'HTTPError',
        message: 'The server answered 503.',
        permanent: false,
        at: '2026-01-01T12:00:00Z',
        podUID: 'uid-1',
      },
    },
  }
  assert.equal(baseImage.parse({ ...smallest, status }).status, status)
})

test.run()
