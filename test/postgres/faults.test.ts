import { describe, expect, it } from 'vitest'
import { isLost, toFault } from '../../src/storage/postgres/faults.ts'

const attempt = { location: 'postgres://db.example/farm', tried: 'save', app: 'farm' }

/** An error as the driver makes it of the server's, which words its severity in its own language. */
function serverError(code: string, message = 'nein', facts: object = {}): Error {
  return Object.assign(new Error(message), { severity: 'FEHLER', code, ...facts })
}

/** An error of the operating system's. */
function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' })
}

describe('what the server says', () => {
  it.each([
    ['40001', 'CONFLICT'],
    ['40P01', 'CONFLICT'],
    ['23505', 'CONFLICT'],
    ['26000', 'CONFLICT'],
    ['42P05', 'CONFLICT'],
    ['55P03', 'LOCK_TIMEOUT'],
    ['57P01', 'CONNECTION_LOST'],
    ['57P02', 'CONNECTION_LOST'],
    ['57P03', 'CONNECTION_LOST'],
    ['08006', 'CONNECTION_LOST'],
    ['53300', 'CONNECTION_LOST'],
    ['25P03', 'CONNECTION_LOST'],
    ['0A000', 'DATABASE'],
    ['23514', 'DATABASE'],
    ['25P02', 'DATABASE'],
    ['28P01', 'DATABASE'],
    ['3D000', 'DATABASE'],
    ['57014', 'DATABASE'],
  ])('with %s becomes %s', (state, code) => {
    const cause = serverError(state)
    const fault = toFault(cause, attempt)
    expect(fault).toMatchObject({ code, cause, data: { tried: 'save', driverCode: state } })
    expect(fault.message).toContain(`postgres://db.example/farm failed to save: nein (${state})`)
  })

  it('about a plan that no longer fits its table can be tried again', () => {
    const fault = toFault(serverError('0A000', 'nein', { routine: 'RevalidateCachedQuery' }), attempt)
    expect(fault.code).toBe('CONFLICT')
  })

  it.each([
    ['relation "yard_stockpile_account" does not exist', 'yard'],
    ['Relation »1e5_stockpile_history« existiert nicht', '1e5'],
    ['relation "stockpile_commit" does not exist', 'farm'],
  ])('about a missing table names its app: %s', (message, app) => {
    expect(toFault(serverError('42P01', message), attempt)).toMatchObject({ code: 'TABLES_MISSING', app })
  })

  it('about a missing table that is no app’s is just that', () => {
    expect(toFault(serverError('42P01'), { ...attempt, app: null }).code).toBe('DATABASE')
  })
})

describe('what the driver and the operating system say', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])(
    '%s is a lost connection',
    (code) => {
      expect(toFault(systemError(code), attempt).code).toBe('CONNECTION_LOST')
    },
  )

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout expired',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('"%s" is a lost connection', (message) => {
    expect(isLost(new Error(message))).toBe(true)
  })

  it('about a certificate is no lost connection: trying again can’t help', () => {
    const fault = toFault(Object.assign(new Error('self-signed certificate'), { code: 'ERR_TLS_CERT' }), attempt)
    expect(fault.code).toBe('DATABASE')
  })

  it('about a host with several addresses says what each of them said', () => {
    const errors = [systemError('ECONNREFUSED'), systemError('ETIMEDOUT')]
    const fault = toFault(Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' }), attempt)
    expect(fault.code).toBe('CONNECTION_LOST')
    expect(fault.message).toContain('connect ECONNREFUSED, connect ETIMEDOUT')
  })

  it('about a pool that was closed is that it is closed', () => {
    expect(toFault(new Error('Cannot use a pool after calling end on the pool'), attempt).code).toBe('CLOSED')
  })
})
