// An app may begin with a digit, so its tables' names need quotes.

/** The table of an app's accounts, quoted. */
export const accountTable = (app: string): string => `\`${app}_stockpile_account\``

/** The table of an app's holdings, quoted. */
export const holdingTable = (app: string): string => `\`${app}_stockpile_holding\``

/** The table of an app's serials, quoted. */
export const serialTable = (app: string): string => `\`${app}_stockpile_serial\``

/** The table of an app's history, quoted. */
export const historyTable = (app: string): string => `\`${app}_stockpile_history\``
