import { test } from 'uvu'
import { survivesCrashes } from './testing/crashes.ts'
import { changesOfMind, paths } from './testing/paths.ts'

survivesCrashes(test, paths, changesOfMind)

test.run()
