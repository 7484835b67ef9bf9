import { test } from 'uvu'
import { survivesCrashes } from '../instance/testing/crashes.ts'
import { paths } from './testing/paths.ts'

survivesCrashes(test, paths)

test.run()
