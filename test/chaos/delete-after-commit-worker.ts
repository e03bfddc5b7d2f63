import { runWorker } from '../../src/cli/prove/worker-loop.ts'
import { NaiveSubject } from './naive-subject.ts'

// A process of a trial of a protocol that is known to be wrong.
await runWorker((job, pauses, random) => NaiveSubject.open('delete after commit', job, pauses, random))
