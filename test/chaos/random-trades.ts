import type { Stockpile } from '../../src/index.ts'
import type { Random } from './random.ts'
import { appOf, market, traders, type Move } from './trade-request.ts'

type Steps = readonly (readonly Move[])[]

const claimsMax = 2_000

/**
 * Random trades to be asked for at the same time: mostly one; several where all of them want the same serial. What is asked for was there a
 * moment ago, so that most of it can be done, and some of it no longer.
 */
export async function randomTrades(random: Random, stockpile: Stockpile): Promise<Steps[]> {
  const dice = random.next()
  if (dice < 0.06) return contest(random, stockpile)
  if (dice < 0.09) return claim(random)
  if (dice < 0.12) return [await smuggle(random, stockpile)]
  if (dice < 0.14) return [[[{ verb: 'add', kind: 'serial', user: random.pick(traders), item: 'sword', amount: 1 }]]]
  if (dice < 0.25) return [await conversion(random, stockpile)]
  if (dice < 0.45) return [await herd(random, stockpile)]
  if (dice < 0.6) return [await gift(random, stockpile)]
  return [await trade(random, stockpile)]
}

/** Two swords for five coins: as a deal, or in a transaction, which locks in the order of its steps. */
async function trade(random: Random, stockpile: Stockpile): Promise<Steps> {
  const [buyer, seller] = pair(random)
  const serials = await someSerials(random, stockpile, seller, 'sword', 2)
  if (serials.length < 2) return gift(random, stockpile)
  const goods: Move = { verb: 'add', kind: 'serial', user: buyer, item: 'sword', party: seller, serials }
  const coins: Move = { verb: 'subtract', kind: 'tally', user: buyer, item: 'coin', party: seller, amount: 5 }
  if (random.chance(0.9)) return [random.chance(0.5) ? [goods, coins] : [coins, goods]]
  return random.chance(0.5) ? [[goods], [coins]] : [[coins], [goods]]
}

/** One serial by its number, or the newest ones, asked for by either side. */
async function gift(random: Random, stockpile: Stockpile): Promise<Steps> {
  const [giver, taker] = pair(random)
  const verb = random.chance(0.5) ? 'add' : 'subtract'
  const [user, party] = verb === 'add' ? [taker, giver] : [giver, taker]
  const move = { verb, kind: 'serial', user, item: 'sword', party } as const
  const serials = random.chance(0.6) ? await someSerials(random, stockpile, giver, 'sword', 1) : []
  return [[serials.length > 0 ? { ...move, serials } : { ...move, amount: random.upTo(2) }]]
}

/** Sheep move, counted ones first and then numbered ones, in a deal that also numbers some or counts some again. */
async function herd(random: Random, stockpile: Stockpile): Promise<Steps> {
  const [giver, taker] = pair(random)
  const move: Move = {
    verb: 'subtract',
    kind: 'hybrid',
    user: giver,
    item: 'sheep',
    party: taker,
    amount: random.upTo(12),
  }
  if (random.chance(0.4)) return [[move]]
  const [conversions = []] = await conversion(random, stockpile, giver)
  return random.chance(0.85) ? [[...conversions, move]] : [conversions, [move]]
}

async function conversion(random: Random, stockpile: Stockpile, user = random.pick(traders)): Promise<Steps> {
  const move = { verb: 'convert', kind: 'hybrid', user, item: 'sheep' } as const
  const serials = random.chance(0.6) ? await someSerials(random, stockpile, user, 'sheep', random.upTo(2)) : []
  return [[serials.length > 0 ? { ...move, serials } : { ...move, amount: random.upTo(2) }]]
}

/** Several buyers want the same ticket of the market, which others may want too. */
async function contest(random: Random, stockpile: Stockpile): Promise<Steps[]> {
  const tickets = (await stockpile.serial(appOf('serial'), market).get('ticket')).serials()
  if (tickets.length === 0)
    return [[[{ verb: 'add', kind: 'serial', user: market, item: 'ticket', amount: 1 + random.below(20) }]]]
  const serials = [String(random.pick(tickets.slice(0, 2)))]
  return Array.from({ length: 3 }, () => {
    const user = random.pick(traders)
    const goods: Move = { verb: 'add', kind: 'serial', user, item: 'ticket', party: market, serials }
    return [[goods, { verb: 'subtract', kind: 'tally', user, item: 'coin', party: market, amount: 1 }]]
  })
}

/** Several bring a serial of the same number into the world, in different accounts. */
function claim(random: Random): Steps[] {
  const serial = random.upTo(claimsMax)
  return Array.from({ length: 2 }, () => [
    [
      {
        verb: 'add',
        kind: 'serial',
        user: random.pick(traders),
        item: 'sword',
        serials: [String(serial)],
        properties: { claimed: serial },
      },
    ],
  ])
}

/** Somebody adds what somebody else has. */
async function smuggle(random: Random, stockpile: Stockpile): Promise<Steps> {
  const [smuggler, owner] = pair(random)
  const swords = await stockpile.serial<Record<string, unknown>>(appOf('serial'), owner).get('sword')
  const [serial] = swords.serials().slice(random.below(Number(swords.value())))
  if (serial === undefined) return gift(random, stockpile)
  const properties = swords.get(serial)
  return [[{ verb: 'add', kind: 'serial', user: smuggler, item: 'sword', serials: [String(serial)], properties }]]
}

async function someSerials(
  random: Random,
  stockpile: Stockpile,
  user: string,
  item: 'sword' | 'sheep',
  count: number,
): Promise<string[]> {
  const left = (await stockpile.hybrid(appOf('hybrid'), user).get(item)).serials()
  const picked = Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.below(left.length), 1))
  return picked.flat().map(String)
}

function pair(random: Random): [string, string] {
  const one = random.pick(traders)
  return [one, random.pick(traders.filter((trader) => trader !== one))]
}
