import { test } from 'uvu'
import { survivesCrashes } from './testing/crashes.ts'
import { drainChanges, travelPaths } from './testing/drains.ts'

survivesCrashes(test, travelPaths, drainChanges)

test.run()
