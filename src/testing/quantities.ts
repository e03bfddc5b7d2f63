import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { HybridQuantity, Quantity, SerialNotFoundError, SerialsNotReadyError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { refusal, refusesArgument } from './refusal.ts'

/** What a quantity of serials is by itself, and what of it inventories keep. */
export const quantities: Suite = {
  name: 'quantities',
  behaviours: [
    {
      title: 'a quantity makes serials that no other has, each higher than the one before',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.ready()
        const [one, two] = [inventory.quantity(), context.hybrid('bob').quantity()]
        const made = Array.from({ length: 100 }, (_serial, index) => (index % 2 === 0 ? one : two).add({ index }))
        assert.equal(new Set(made).size, 100)
        assert.ok(made.every((serial, index) => index === 0 || serial > made[index - 1]!))
        assert.deepEqual(
          one.serials(),
          made.filter((_serial, index) => index % 2 === 0),
        )
        assert.deepEqual(one.get(made[2]!), { index: 2 })
      },
    },
    {
      title: 'a quantity of no inventory makes no serials, and says what to do',
      run: async () => {
        const error = await refusal(SerialsNotReadyError, () => new Quantity().add())
        assert.match(error.message, /inventory\.quantity\(\)/)
        assert.equal(error.isRetryable, true)
      },
    },
    {
      title: 'serials stand in ascending order, however they came',
      run: async (context) => {
        const quantity = context.serial().quantity([30, 10, 20])
        quantity.set(5, { a: 1 }).set(20, { a: 2 }).set(15, {})
        assert.deepEqual(quantity.serials(), [5n, 10n, 15n, 20n, 30n])
        assert.deepEqual([...quantity.all().keys()], quantity.serials())
        assert.deepEqual(
          [...quantity].map(([serial]) => serial),
          quantity.serials(),
        )
        assert.equal(quantity.value(), 5n)
      },
    },
    {
      title: 'grab picks the newest or exactly those, and leaves the source as it is',
      run: async (context) => {
        const inventory = context.serial()
        const quantity = inventory.quantity({ 30: { a: 3 }, 10: { a: 1 }, 20: { a: 2 } })
        assert.deepEqual(
          [...quantity.grab(2)],
          [
            [20n, { a: 2 }],
            [30n, { a: 3 }],
          ],
        )
        assert.deepEqual([...quantity.grab(['10'])], [[10n, { a: 1 }]])
        assert.deepEqual([...quantity.grab(inventory.quantity([20]))], [[20n, { a: 2 }]])
        assert.equal(quantity.grab(0).value(), 0n)
        const error = await refusal(SerialNotFoundError, () => quantity.grab([10, 11]))
        assert.deepEqual([error.serial, error.message], [11n, 'the quantity does not have serial 11'])
        await refusesArgument('quantity', 4, /at most 3/, () => quantity.grab(4))
        assert.deepEqual(quantity.serials(), [10n, 20n, 30n])
      },
    },
    {
      title: 'grab of a hybrid quantity takes the count first, then the newest serials',
      run: async (context) => {
        const quantity = context.hybrid().quantity({ tally: 2, serials: { 5: {}, 6: {} } })
        assert.deepEqual(quantity.grab(3).export(), { tally: '2', serials: { 6: {} } })
        assert.deepEqual(quantity.grab(1).export(), { tally: '1', serials: {} })
        assert.deepEqual(quantity.grab([5]).export(), { tally: '0', serials: { 5: {} } })
        const part = new HybridQuantity(1, [[6, {}]])
        assert.deepEqual(quantity.grab(part).export(), part.export())
        await refusesArgument('quantity', 3n, /at most 2/, () => quantity.grab(new HybridQuantity(3)))
        await refusesArgument('quantity', 5n, /at most 4/, () => quantity.grab(5n))
        assert.equal(quantity.value(), 4n)
      },
    },
    {
      title: 'get and remove name the serial that is not there',
      run: async (context) => {
        const quantity = context.serial().quantity([1, 2])
        assert.equal((await refusal(SerialNotFoundError, () => quantity.get(3))).serial, 3n)
        assert.equal((await refusal(SerialNotFoundError, () => quantity.remove(3))).serial, 3n)
        assert.deepEqual([quantity.has(2), quantity.has('3'), quantity.remove('1').serials()], [true, false, [2n]])
        for (const serial of [0, '01', 1.5, 2n ** 63n, null])
          await refusesArgument('serial', serial, /serial number/, () => quantity.get(serial as never))
      },
    },
    {
      title: 'a quantity goes through JSON and back, and is equal to what it was',
      run: async (context) => {
        const [serials, both] = [context.serial(), context.hybrid('bob')]
        const one = serials.quantity({ [(2n ** 62n).toString()]: { é: ['😀', null, 1.5] }, 7: {} })
        assert.ok(serials.quantity(JSON.parse(JSON.stringify(one))).equals(one))
        const two = both.quantity({ tally: 2n ** 62n, serials: { 7: { a: 1 } } })
        assert.ok(both.quantity(JSON.parse(JSON.stringify(two))).equals(two))
        assert.ok(!one.equals(serials.quantity([7])) && !two.equals(one) && !one.equals({}))
        assert.ok(serials.quantity(one).equals(one), 'a copy')
        assert.match(
          inspect(two),
          /^HybridQuantity \{ tally: '4611686018427387904', serials: \{ '7': \{ a: 1 \} \} \}$/,
        )
      },
    },
    {
      title: 'what is no quantity is refused where one is made',
      run: async (context) => {
        for (const odd of ['x', null, true, 5])
          await refusesArgument('quantity', odd, /serials/, () => context.serial().quantity(odd))
        for (const tally of ['x', '-1', '1e3', null, 1.5, -1])
          await refusesArgument('tally', tally, /./, () => context.hybrid().quantity({ tally }))
        await refusesArgument('serial', 'serials', /serial number/, () => context.serial().quantity({ serials: {} }))
        assert.equal(
          context
            .hybrid()
            .quantity({ serials: { 5: {} } })
            .value(),
          1n,
        )
      },
    },
    {
      title: 'changing a quantity that was read or written changes no inventory',
      run: async (context) => {
        const inventory = context.serial()
        const given = inventory.quantity({ 1: { a: 1 } })
        const answer = await inventory.add('hen', given)
        given.set(1, { a: 2 }).set(2, {})
        answer.remove(1)
        assert.deepEqual([...(await inventory.get('hen'))], [[1n, { a: 1 }]])
      },
    },
  ],
}
