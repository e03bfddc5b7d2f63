import process from 'node:process'
import { inspect, styleText } from 'node:util'
import { CommanderError } from 'commander'
import { CacheMismatchError, StockpileError } from '../index.ts'
import { cacheHint } from './cache-hint.ts'
import { placeOf } from './error-place.ts'
import { exitCodes, refusalCodes } from './exit-codes.ts'
import { toJson } from './output.ts'

const printed: ReadonlySet<string> = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version'])

/** What is shown of an error. */
interface Shown {
  readonly exitCode: number
  readonly code: string
  readonly message: string
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * Prints why a command failed, on standard error: a line or two with the error's code, as JSON where that was asked for, with the stack
 * where `STOCKPILE_DEBUG` is set, and never with a password.
 *
 * @returns the exit code that the failure calls for
 */
export function reportFailure(error: unknown, isJson: boolean): number {
  // Help and version are printed already; help is a failure where nothing was asked for.
  if (error instanceof CommanderError && printed.has(error.code))
    return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code
  const shown = placed(shownOf(error), error)
  const { exitCode, code, message, data } = shown
  const name = styleText('red', 'error:', { stream: process.stderr })
  const text = isJson
    ? toJson({ error: { code, message, ...(data === undefined ? {} : { data }) } })
    : `${name} ${message.replace(/\n|$/, ` (${code})$&`)}`
  process.stderr.write(`${withoutPassword(text)}\n`)
  if (process.env['STOCKPILE_DEBUG']) process.stderr.write(`${withoutPassword(inspect(error))}\n`)
  return exitCode
}

/** A text with the passwords of all URLs in it made unreadable. */
export function withoutPassword(text: string): string {
  // A password may contain an @ by mistake: what counts is the last one before a blank or a quote.
  return text
    .replaceAll(/(:\/\/[^\s:/@'"`]*:)(?!password@)[^\s'"`]*@/g, '$1***@')
    .replaceAll(/([?&]password=)[^\s&'"`]+/gi, '$1***')
}

function shownOf(error: unknown): Shown {
  if (error instanceof CommanderError) return shownOfCommander(error)
  if (error instanceof StockpileError) {
    const { code, message, data } = error
    if (error instanceof CacheMismatchError) {
      return { exitCode: exitCodes.failed.code, code, message: `${message}\n${cacheHint(data['noted'])}`, data }
    }
    if (refusalCodes.has(code)) return { exitCode: exitCodes.refused.code, code, message, data }
    const isUsage = code === 'INVALID_ARGUMENT'
    return { exitCode: isUsage ? exitCodes.usage.code : exitCodes.failed.code, code, message, data }
  }
  const message = error instanceof Error && error.message !== '' ? error.message : inspect(error)
  return { exitCode: exitCodes.failed.code, code: systemCode(error) ?? 'FAILED', message }
}

/** With the place in a file that the error has, if any. */
function placed(shown: Shown, error: unknown): Shown {
  const place = placeOf(error)
  if (place === undefined) return shown
  const { file, line } = place
  return { ...shown, message: `${file}, line ${line}: ${shown.message}`, data: { ...shown.data, line } }
}

function shownOfCommander({ code, exitCode, message }: CommanderError): Shown {
  const text = message.replace(/^error: /, '').trimEnd()
  if (!code.startsWith('commander.')) return { exitCode, code, message: text }
  const hint = code === 'commander.unknownCommand' && !text.includes('Did you mean') ? '\nSee stockpile --help' : ''
  return { exitCode: exitCodes.usage.code, code: 'USAGE', message: `${text}${hint}` }
}

function systemCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : null
}
