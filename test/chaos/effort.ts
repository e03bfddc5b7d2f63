import process from 'node:process'

const isLong = process.env['STOCKPILE_TEST_LONG'] === '1'

/**
 * How much of something a test does.
 *
 * @param short in the run of every change, which has to end within minutes
 * @param long in the run of the night
 */
export function effort(short: number, long: number): number {
  return isLong ? long : short
}
