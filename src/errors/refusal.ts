import { StockpileError } from './stockpile-error.ts'

/** What is named of a holding in errors about it. */
export interface HoldingFacts {
  readonly app: string
  readonly user: string
  readonly item: string
}

/** More was to be taken than is there. */
export class NotEnoughError extends StockpileError {
  static override readonly reference = {
    code: 'NOT_ENOUGH',
    isRetryable: false,
    meaning: 'More was to be taken than the account holds; `data` says how many are held and how many were wanted.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  readonly item: string
  /** How many were there. */
  readonly held: bigint
  /** How many were to be taken. */
  readonly wanted: bigint

  constructor(data: HoldingFacts & { readonly held: bigint; readonly wanted: bigint }) {
    super(`user ${data.user} of ${data.app} holds ${data.held} of item ${data.item}: ${data.wanted} cannot be taken`, {
      ...data,
    })
    this.app = data.app
    this.user = data.user
    this.item = data.item
    this.held = data.held
    this.wanted = data.wanted
  }
}

/** More was to be added than a holding can count. */
export class QuantityOverflowError extends StockpileError {
  static override readonly reference = {
    code: 'QUANTITY_OVERFLOW',
    isRetryable: false,
    meaning: 'An addition would lift a holding above 2^63 - 1.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  readonly item: string
  /** How many were there. */
  readonly held: bigint
  /** How many were to be added. */
  readonly added: bigint

  constructor(data: HoldingFacts & { readonly held: bigint; readonly added: bigint }) {
    super(
      `user ${data.user} of ${data.app} holds ${data.held} of item ${data.item}: adding ${data.added} would exceed 2^63 - 1, ` +
        'the most that a holding can count',
      { ...data },
    )
    this.app = data.app
    this.user = data.user
    this.item = data.item
    this.held = data.held
    this.added = data.added
  }
}

/** A serial is to be used that isn't there. */
export class SerialNotFoundError extends StockpileError {
  static override readonly reference = {
    code: 'SERIAL_NOT_FOUND',
    isRetryable: false,
    meaning: 'A serial was named that the quantity, or the holding, does not have; `data` names it.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  /** The serial that isn't there. */
  readonly serial: bigint

  constructor(data: Partial<HoldingFacts> & { readonly serial: bigint }) {
    const owner = data.user === undefined ? 'the quantity' : `user ${data.user} of ${data.app}`
    super(`${owner} does not have serial ${data.serial}${data.item === undefined ? '' : ` of item ${data.item}`}`, {
      ...data,
    })
    this.serial = data.serial
  }
}

/** A serial is to be added that another holding has. */
export class SerialTakenError extends StockpileError {
  static override readonly reference = {
    code: 'SERIAL_TAKEN',
    isRetryable: false,
    meaning: 'A serial was to be added that another holding of the app has; `data` says which.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly serial: bigint
  /** Who has it. */
  readonly holder: { readonly user: string; readonly item: string }

  constructor(
    data: HoldingFacts & { readonly serial: bigint; readonly holder: { readonly user: string; readonly item: string } },
  ) {
    super(
      `serial ${data.serial} of ${data.app} belongs to user ${data.holder.user}, item ${data.holder.item}: ` +
        `it can not be added to item ${data.item} of user ${data.user} as well`,
      { ...data },
    )
    this.serial = data.serial
    this.holder = data.holder
  }
}

/** An inventory of one kind came upon a holding of another. */
export class KindMismatchError extends StockpileError {
  static override readonly reference = {
    code: 'KIND_MISMATCH',
    isRetryable: false,
    meaning:
      'A tally came upon serials, or a serial inventory upon a count: use the kind that the holding was made with, or a hybrid.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }

  constructor(data: HoldingFacts & { readonly kind: string; readonly quantity: bigint; readonly serials: number }) {
    const held = data.serials > 0 ? `${data.serials} serials` : `a count of ${data.quantity}`
    super(
      `item ${data.item} of user ${data.user} of ${data.app} has ${held}, which a ${data.kind} inventory cannot keep: use a hybrid inventory`,
      { ...data },
    )
  }
}

/** The account is not at the version that `ifVersion` asked for. */
export class VersionConflictError extends StockpileError {
  static override readonly reference = {
    code: 'VERSION_CONFLICT',
    isRetryable: false,
    meaning:
      'The account has changed since the version named by `ifVersion`; `data` carries the actual one. Read again and decide anew.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  /** The version that `ifVersion` named. */
  readonly expected: bigint
  /** The version that the account is at. */
  readonly actual: bigint

  constructor(data: {
    readonly app: string
    readonly user: string
    readonly expected: bigint
    readonly actual: bigint
  }) {
    super(
      `user ${data.user} of ${data.app} is at version ${data.actual}, not at ${data.expected} as ifVersion asks: read again and decide anew`,
      { ...data },
    )
    this.app = data.app
    this.user = data.user
    this.expected = data.expected
    this.actual = data.actual
  }
}

/** An idempotency key came with another request than the first time. */
export class KeyReusedError extends StockpileError {
  static override readonly reference = {
    code: 'KEY_REUSED',
    isRetryable: false,
    meaning: 'The idempotency key was used before, with another request. Use a new key for a new request.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  /** The key. */
  readonly key: string
  /** The id of the deal that used it first. */
  readonly deal: string

  constructor(data: { readonly key: string; readonly deal: string }) {
    super(
      `key ${JSON.stringify(data.key)} belongs to deal ${data.deal}, which asked for something else: use a new key for a new request`,
      {
        ...data,
      },
    )
    this.key = data.key
    this.deal = data.deal
  }
}
