/** The accounts of a trial. They are few, so that everybody is at the same ones. */
export const accounts = {
  /** Counts. */
  tally: ['tally-1', 'tally-2', 'tally-3'],
  /** Counts that are changed by SQL, too. */
  bulk: ['bulk-1', 'bulk-2'],
  /** Serials, whose properties are the marks. */
  serial: ['serial-1', 'serial-2'],
  /** Counts that are changed by hand and by nobody else. */
  hand: ['hand-1', 'hand-2'],
} as const

/** The accounts that deals change. */
export const dealtAccounts: readonly string[] = [...accounts.tally, ...accounts.bulk, ...accounts.serial]

/** All accounts. */
export const allAccounts: readonly string[] = [...dealtAccounts, ...accounts.hand]

/** Whether an account's items are serials. */
export function isSerial(account: string): boolean {
  return account.startsWith('serial')
}

/** Whether an account is changed by hand. */
export function isByHand(account: string): boolean {
  return account.startsWith('hand')
}
