import { inspect } from 'node:util'
import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** An argument breaks a rule. */
export class InvalidArgumentError extends StockpileError {
  static override readonly reference = {
    code: 'INVALID_ARGUMENT',
    isRetryable: false,
    meaning: 'An argument or option breaks a rule; `data` names the argument, the value and the rule.',
    afterwards: nothingWritten,
  }
  /** The argument's name. */
  readonly argument: string
  /** What was passed. */
  readonly value: unknown
  /** What it must be. */
  readonly rule: string

  constructor(argument: string, value: unknown, rule: string) {
    const shown = inspect(value, { depth: 1, maxStringLength: 80, maxArrayLength: 5, breakLength: Infinity })
    super(`${argument} must be ${rule}; got ${shown}`, { argument, value, rule })
    this.argument = argument
    this.value = value
    this.rule = rule
  }
}

/** Properties break the schema of their inventory. */
export class InvalidPropertiesError extends StockpileError {
  static override readonly reference = {
    code: 'INVALID_PROPERTIES',
    isRetryable: false,
    meaning: 'Properties of a serial break the schema of the inventory; `data.issues` says where.',
    afterwards: nothingWritten,
  }
  /** What the schema found. */
  readonly issues: readonly { readonly message: string; readonly path?: unknown }[]

  constructor(data: {
    readonly app: string
    readonly item: string
    readonly serial: bigint | null
    readonly issues: readonly { readonly message: string; readonly path?: unknown }[]
  }) {
    const about = data.serial === null ? 'a new serial' : `serial ${data.serial}`
    super(
      `the properties of ${about} of item ${data.item} break the schema of ${data.app}: ${data.issues.map(({ message }) => message).join('; ')}`,
      {
        ...data,
      },
    )
    this.issues = data.issues
  }
}
