import { StockpileSubject } from './stockpile-subject.ts'
import { runWorker } from './worker-loop.ts'

// A process of a trial of Stockpile itself.
await runWorker((job, pauses, random) => StockpileSubject.open(job, pauses, random))
