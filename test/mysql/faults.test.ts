import { describe, expect, it } from 'vitest'
import { StockpileError } from '../../src/errors.ts'
import { toFault } from '../../src/storage/mysql/faults.ts'

const attempt = { location: 'mysql://db.example:3306/farm', tried: 'save', app: 'farm' }

function driverError(errno: number, code: string, more: object = {}): Error {
  return Object.assign(new Error(`(conn:5, no: ${errno}) said so\nsql: INSERT secret`), {
    errno,
    code,
    sqlMessage: 'said so',
    fatal: false,
    ...more,
  })
}

describe('what the driver throws', () => {
  it.each([
    [1205, 'ER_LOCK_WAIT_TIMEOUT', 'LOCK_TIMEOUT'],
    [3572, 'ER_LOCK_NOWAIT', 'LOCK_TIMEOUT'],
    [1213, 'ER_LOCK_DEADLOCK', 'CONFLICT'],
    [1020, 'ER_CHECKREAD', 'CONFLICT'],
    [1062, 'ER_DUP_ENTRY', 'CONFLICT'],
    [3101, 'ER_TRANSACTION_ROLLBACK_DURING_COMMIT', 'CONFLICT'],
    [1927, 'ER_CONNECTION_KILLED', 'CONNECTION_LOST'],
    [1040, 'ER_CON_COUNT_ERROR', 'CONNECTION_LOST'],
    [45028, 'ER_GET_CONNECTION_TIMEOUT', 'CONNECTION_LOST'],
    [45027, 'ER_POOL_ALREADY_CLOSED', 'CLOSED'],
    [4025, 'ER_CONSTRAINT_FAILED', 'DATABASE'],
    [3819, 'ER_CHECK_CONSTRAINT_VIOLATED', 'DATABASE'],
    [1146, 'ER_NO_SUCH_TABLE', 'TABLES_MISSING'],
  ])('as %i %s becomes %s', (errno, code, expected) => {
    const fault = toFault(driverError(errno, code), attempt)
    expect(fault.code).toBe(expected)
    expect(fault.message).not.toContain('secret')
  })

  it('is a lost connection when it is fatal, unless the server refused the user or the database', () => {
    expect(toFault(driverError(45009, 'ER_SOCKET_UNEXPECTED_CLOSE', { fatal: true }), attempt).code).toBe(
      'CONNECTION_LOST',
    )
    expect(toFault(driverError(1045, 'ER_ACCESS_DENIED_ERROR', { fatal: true }), attempt).code).toBe('DATABASE')
    const refused = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
    })
    expect(toFault(refused, attempt).code).toBe('CONNECTION_LOST')
  })

  it('names the app of the missing table, and keeps the driver’s error as the cause', () => {
    const cause = driverError(1146, 'ER_NO_SUCH_TABLE', {
      sqlMessage: "Table 'db.big_barn_stockpile_holding' doesn't exist",
    })
    expect(toFault(cause, attempt)).toMatchObject({ code: 'TABLES_MISSING', app: 'big_barn' })
    const other = driverError(4025, 'ER_CONSTRAINT_FAILED')
    expect(toFault(other, attempt)).toMatchObject({ cause: other, data: { tried: 'save', number: 4025 } })
  })

  it('passes through when it is Stockpile’s own', () => {
    const own = toFault(driverError(1213, 'ER_LOCK_DEADLOCK'), attempt)
    expect(own).toBeInstanceOf(StockpileError)
    expect(toFault(own, attempt)).toBe(own)
  })
})
