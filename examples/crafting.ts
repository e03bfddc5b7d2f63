// Iron and wood become an axe with a name: node examples/crafting.ts
import { Stockpile } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
const materials = stockpile.tally('materials', 'carl')
const tools = stockpile.serial('tools', 'carl')
await materials.add('iron', 5)
await materials.add('wood', 2)

await craft('Splitter')
await craft('Woodwind')
await craft('Oakbane')
console.log(`left over: ${[...(await materials.all())].map(([item, count]) => `${count} ${item}`).join(', ')}`)

const axes = await tools.get('axe')
console.log(`axes: ${[...axes].map(([, properties]) => JSON.stringify(properties)).join(' ')}`)

async function craft(name: string): Promise<void> {
  await tools.ready()
  const axe = tools.quantity()
  axe.add({ name, edge: 10 })
  const recipe = [
    materials.plan.subtract('iron', 2),
    materials.plan.subtract('wood', 1),
    tools.plan.add('axe', axe),
  ] as const
  try {
    const [, , made] = await stockpile.deal(recipe, { data: { reason: 'crafting' } })
    console.log(`${name} is forged: axe number ${made.quantity.value()}`)
  } catch (error) {
    console.log(`${name} is not: ${(error as Error).message}`)
  }
}
