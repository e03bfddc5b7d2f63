/** What the command line's exit codes mean; the table in the docs is made of these. */
export const exitCodes = {
  done: {
    code: 0,
    meaning:
      'It is done; for `verify`, the books are in order; for `apply`, no deal was refused; for `prove`, no read was wrong; `relay` was stopped.',
  },
  refused: { code: 1, meaning: 'A write or a deal was refused, `verify` found a break, or `prove` a wrong read.' },
  usage: {
    code: 2,
    meaning: 'The arguments, the options or the input file are not as they must be. Nothing was done.',
  },
  failed: {
    code: 3,
    meaning:
      'Something else stood in the way: the database or its cache cannot be reached, the database remembers another cache, tables are missing, ' +
      'a disk is full.',
  },
  interrupted: {
    code: 130,
    meaning:
      '`apply` was stopped by Ctrl-C and can be resumed, or `prove`, which reports on what it had; 143 where it was SIGTERM.',
  },
} as const

/** Errors by their code that mean that the database decided against a write. */
export const refusalCodes: ReadonlySet<string> = new Set([
  'NOT_ENOUGH',
  'QUANTITY_OVERFLOW',
  'VERSION_CONFLICT',
  'KEY_REUSED',
])
