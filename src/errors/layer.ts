import { StockpileError } from './stockpile-error.ts'

/** A wrapper did not keep to what `write` promises. */
export class BrokenLayerError extends StockpileError {
  static override readonly reference = {
    code: 'BROKEN_LAYER',
    isRetryable: false,
    meaning:
      'A wrapper did not keep to what `write` promises: one outcome for each change that it was given, in order, and within a deal one write. The message says what it did.',
    afterwards:
      'What the wrapper had handed on before may have been written, and nothing since: look into the history. An open transaction lives on.',
  }
  readonly app: string
  readonly user: string
  /** The wrapper's class, where it is known. */
  readonly layer: string | null

  /** @param data `fault`: what it did instead, as a part of a sentence */
  constructor(data: {
    readonly app: string
    readonly user: string
    readonly layer: string | null
    readonly fault: string
  }) {
    const { app, user, layer, fault } = data
    super(`${layer ?? 'a layer'} around user ${user} of ${app} ${fault}`, { ...data })
    this.app = app
    this.user = user
    this.layer = layer
  }
}
