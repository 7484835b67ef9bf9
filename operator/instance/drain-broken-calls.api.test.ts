import { test } from 'uvu'
import { survivesBrokenCalls } from './testing/broken-calls.ts'
import { drainPaths } from './testing/drains.ts'

survivesBrokenCalls(test, drainPaths)

test.run()
