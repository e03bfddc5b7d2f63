import { join } from 'node:path'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { WorkerProcess } from './worker-process.ts'

/** Several processes of one program, each at a place of its own, which may be killed and followed by others; the logs of all are kept. */
export class WorkerCrew implements AsyncDisposable {
  readonly #program: string
  readonly #jobOf: (place: number, generation: number) => unknown
  readonly #folder: string
  readonly #workers: WorkerProcess[] = []
  readonly #logFiles: string[] = []
  #generation = 0

  private constructor(program: string, jobOf: (place: number, generation: number) => unknown, folder: string) {
    this.#program = program
    this.#jobOf = jobOf
    this.#folder = folder
  }

  /**
   * Makes an empty crew.
   *
   * @param program the file beside this one
   * @param jobOf what a process is to do; `generation` is another number for every process
   */
  static async open(program: string, jobOf: (place: number, generation: number) => unknown): Promise<WorkerCrew> {
    return new WorkerCrew(program, jobOf, await makeTempFolder('crew'))
  }

  /** How many places for processes there are. */
  get places(): number {
    return this.#workers.length
  }

  /** What all processes have written, those that are gone too. */
  get logFiles(): readonly string[] {
    return this.#logFiles
  }

  /** Puts a new process at a place, and sets it going. */
  async spawn(place: number): Promise<void> {
    this.#generation += 1
    const logFile = join(this.#folder, `${this.#generation}.log`)
    const worker = new WorkerProcess(this.#program, this.#jobOf(place, this.#generation), logFile)
    this.#workers[place] = worker
    this.#logFiles.push(logFile)
    await worker.ready()
    worker.tell({ type: 'go' })
  }

  /** The process at a place. */
  worker(place: number): WorkerProcess {
    const worker = this.#workers[place]
    if (worker === undefined) throw new RangeError(`there is no process at place ${place}`)
    return worker
  }

  /** Lets all processes come to an end. */
  async finish(): Promise<void> {
    for (const worker of this.#workers) worker.tell({ type: 'stop' })
    await Promise.all(this.#workers.map((worker) => worker.result()))
    await Promise.all(this.#workers.map((worker) => worker.ended()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    await removeTempFolder(this.#folder)
  }
}
