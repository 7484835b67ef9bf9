import { test } from 'uvu'
import { paths } from './testing/paths.ts'
import { survivesStaleCaches } from './testing/stale-caches.ts'

survivesStaleCaches(test, paths, [{ held: 'pods' }, { held: 'ephemeralinstances' }, { mostMs: 150 }])

test.run()
