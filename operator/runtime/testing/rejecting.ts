/** A whole process in which nobody looks after a promise that is rejected: run by a test, which watches what becomes of it. */
import { surviveRejections } from '../shutdown.ts'

surviveRejections(process, (error) => console.log(`told: ${error}`))
void Promise.reject(new Error('nobody looks'))
setImmediate(() => setImmediate(() => console.log('lives on')))
