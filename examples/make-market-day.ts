// Makes market-day.csv, a day at a market, always the same: node examples/make-market-day.ts [FILE]
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

interface Stall {
  readonly name: string
  readonly goods: readonly { readonly item: string; readonly price: number; readonly delivered: number }[]
}

interface Row {
  readonly who: string
  readonly item: string
  readonly quantity: number
}

const stalls: readonly Stall[] = [
  {
    name: 'bakery',
    goods: [
      { item: 'rye_bread', price: 4, delivered: 560 },
      { item: 'bun', price: 1, delivered: 600 },
      { item: 'plum_cake', price: 9, delivered: 190 },
    ],
  },
  {
    name: 'dairy',
    goods: [
      { item: 'goat_cheese', price: 7, delivered: 240 },
      { item: 'butter', price: 3, delivered: 480 },
      { item: 'egg', price: 1, delivered: 620 },
    ],
  },
  {
    name: 'garden',
    goods: [
      { item: 'potato', price: 1, delivered: 640 },
      { item: 'pumpkin', price: 6, delivered: 230 },
      { item: 'leek', price: 2, delivered: 560 },
    ],
  },
  {
    name: 'orchard',
    goods: [
      { item: 'apple', price: 1, delivered: 620 },
      { item: 'honey', price: 8, delivered: 205 },
      { item: 'cider', price: 5, delivered: 250 },
    ],
  },
]
const customers = Array.from({ length: 120 }, (_, index) => `customer_${index + 1}`)
const salesCount = 1_000
const opensAt = 8 * 60
const closesAt = 16 * 60

// Numbers that look random and are the same on every machine: a linear congruential generator modulo 2^32.
let state = 20_260_501
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}

function oneOf<T>(list: readonly T[]): T {
  const one = list[below(list.length)]
  if (one === undefined) throw new Error('an empty list has none')
  return one
}

const lines = ['time,deal,what,who,item,quantity']
let deals = 0

function write(minute: number, what: string, rows: readonly Row[]): void {
  deals += 1
  const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  for (const { who, item, quantity } of rows)
    lines.push([time, `${what}-${deals}`, what, who, item, quantity].join(','))
}

/** Goods one way and coins the other, in one deal: neither side is ever left with half of it. */
function trade(
  buyer: string,
  seller: string,
  bought: readonly { item: string; price: number; count: number }[],
): Row[] {
  const coins = bought.reduce((sum, { price, count }) => sum + price * count, 0)
  return [
    ...bought.flatMap(({ item, count }) => [
      { who: seller, item, quantity: -count },
      { who: buyer, item, quantity: count },
    ]),
    { who: buyer, item: 'coin', quantity: -coins },
    { who: seller, item: 'coin', quantity: coins },
  ]
}

function deliver(minute: number, part: number): void {
  for (const { name, goods } of stalls) {
    const rows = goods.map(({ item, delivered }) => ({ who: name, item, quantity: Math.ceil(delivered * part) }))
    write(minute, 'delivery', rows)
  }
}

function sell(minute: number): void {
  const stall = oneOf(stalls)
  const first = oneOf(stall.goods)
  const second = oneOf(stall.goods)
  const goods = first === second || below(3) === 0 ? [first] : [first, second]
  const bought = goods.map(({ item, price }) => ({ item, price, count: 1 + below(price > 4 ? 2 : 6) }))
  const buyer = oneOf(customers)
  write(minute, 'sale', trade(buyer, stall.name, bought))
  // Some come back with one of it and get their coins again; it is refused where the sale was.
  const [again] = bought
  if (again !== undefined && below(25) === 0)
    write(Math.min(minute + 3, closesAt), 'return', trade(stall.name, buyer, [{ ...again, count: 1 }]))
}

for (const customer of customers)
  write(opensAt - 30, 'purse', [{ who: customer, item: 'coin', quantity: 150 + below(150) }])
deliver(opensAt - 10, 0.6)
for (let sale = 0; sale < salesCount; sale += 1) {
  if (sale === salesCount / 2) deliver(12 * 60, 0.4)
  sell(opensAt + Math.floor((sale * (closesAt - opensAt)) / salesCount))
}
const file = process.argv[2] ?? join(import.meta.dirname, 'market-day.csv')
writeFileSync(file, `${lines.join('\n')}\n`)
console.log(`${file}: ${lines.length - 1} lines, ${deals} deals`)
