import { randomInt } from 'node:crypto'
import process from 'node:process'

/**
 * The seed of a test's random choices: what `STOCKPILE_TEST_SEED` says, otherwise a new one. It is printed, so that a failure's
 * choices can be made again; which process is quicker is beyond a seed.
 *
 * @param purpose what the seed is for, to be printed
 */
export function chooseSeed(purpose: string): number {
  const given = process.env['STOCKPILE_TEST_SEED']
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given)
  console.log(`${purpose}: STOCKPILE_TEST_SEED=${seed}`)
  return seed
}
