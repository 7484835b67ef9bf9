import { test } from 'uvu'
import { survivesBrokenCalls } from './testing/broken-calls.ts'
import { paths } from './testing/paths.ts'

survivesBrokenCalls(test, paths)

test.run()
