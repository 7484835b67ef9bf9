import { test } from 'uvu'
import { survivesCrashes } from './testing/crashes.ts'
import { rescuePaths } from './testing/rescues.ts'

survivesCrashes(test, rescuePaths)

test.run()
