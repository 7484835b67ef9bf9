import { test } from 'uvu'
import { travelPaths } from './testing/drains.ts'
import { survivesStaleCaches } from './testing/stale-caches.ts'

const held = ['pods', 'ephemeralinstances', 'snapshots', 'nodes'].map((plural) => ({ held: plural }))
survivesStaleCaches(test, travelPaths, [...held, { mostMs: 150 }])

test.run()
