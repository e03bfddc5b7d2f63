// A sword for a hundred coins, bought once however often it is asked for: node examples/purchase.ts
import { NotEnoughError, Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const shopGoods = stockpile.tally('shop', 'smithy')
const shopTill = stockpile.tally('money', 'smithy')
await shopGoods.add('sword', 2)
await stockpile.tally('money', 'carl').add('coin', 250)

console.log(await buy('carl', 'order-1'))
console.log(await buy('carl', 'order-1'), '(the same order, sent again because the answer was lost)')
console.log(await buy('carl', 'order-2'))
await stockpile.tally('money', 'carl').add('coin', 50)
console.log(await buy('carl', 'order-3'))
await stockpile.tally('money', 'carl').add('coin', 100)
console.log(await buy('carl', 'order-4'))

console.log(`in the till: ${await shopTill.get('coin')} coins; on the shelf: ${await shopGoods.get('sword')} swords`)

async function buy(user: string, order: string): Promise<string> {
  const goods = stockpile.tally('goods', user)
  const purse = stockpile.tally('money', user)
  try {
    const [, , left] = await stockpile.deal(
      [
        shopGoods.plan.subtract('sword', 1),
        goods.plan.add('sword', 1),
        purse.plan.subtract('coin', 100),
        shopTill.plan.add('coin', 100),
      ],
      { key: order, data: { reason: 'purchase', order } },
    )
    return `${order}: a sword for ${user}, who has ${left.quantity} coins left`
  } catch (error) {
    if (!(error instanceof NotEnoughError)) throw error
    return `${order}: no sword, for ${error.user} has ${error.held} of ${error.item}, and it takes ${error.wanted}`
  }
}
