/** Something that happened at one instant, somewhere between two moments. */
export interface Happening {
  readonly name: string
  readonly invokedAt: number
  /** Infinity where nobody knows. */
  readonly answeredAt: number
}

/**
 * Finds an order in which all happened one after the other: one that keeps each given chain, and in which nothing that was asked for
 * after the answer to something else comes before it.
 *
 * @param chains names, each list in an order that must be kept
 * @returns the names in such an order, and those that fit into none: empty where all is well
 */
export function findGlobalOrder(
  happenings: readonly Happening[],
  chains: readonly (readonly string[])[],
): { order: string[]; misfits: string[] } {
  const graph = new Graph()
  for (const { name } of happenings) graph.add(name)
  for (const chain of chains) {
    for (const [index, name] of chain.entries()) if (index > 0) graph.link(chain[index - 1] ?? '', name)
  }
  // Moments stand for the pairs of earlier and later, of which there would be too many: answer -> moment -> next moment -> invocation.
  const answered = happenings.filter(({ answeredAt }) => answeredAt !== Infinity)
  answered.sort((left, right) => left.answeredAt - right.answeredAt)
  for (const [index, { name }] of answered.entries()) {
    graph.add(moment(index))
    graph.link(name, moment(index))
    if (index > 0) graph.link(moment(index - 1), moment(index))
  }
  const invoked = [...happenings].sort((left, right) => left.invokedAt - right.invokedAt)
  let index = 0
  for (const { name, invokedAt } of invoked) {
    while ((answered[index]?.answeredAt ?? Infinity) < invokedAt) index += 1
    if (index > 0) graph.link(moment(index - 1), name)
  }
  const order = graph.sorted()
  const placed = new Set(order)
  return {
    order: order.filter((name) => !name.startsWith('\n')),
    misfits: happenings.flatMap(({ name }) => (placed.has(name) ? [] : [name])),
  }
}

/** No operation's name begins with a line break. */
function moment(index: number): string {
  return `\n${index}`
}

class Graph {
  readonly #successors = new Map<string, string[]>()
  readonly #incoming = new Map<string, number>()

  add(name: string): void {
    this.#successors.set(name, [])
    this.#incoming.set(name, 0)
  }

  link(before: string, after: string): void {
    if (before === after) return
    this.#successors.get(before)?.push(after)
    this.#incoming.set(after, (this.#incoming.get(after) ?? 0) + 1)
  }

  /** All that can be put into an order; what is in a circle, or behind one, is left out. */
  sorted(): string[] {
    const order = [...this.#incoming].flatMap(([name, count]) => (count === 0 ? [name] : []))
    for (const name of order) {
      for (const successor of this.#successors.get(name) ?? []) {
        const left = (this.#incoming.get(successor) ?? 0) - 1
        this.#incoming.set(successor, left)
        if (left === 0) order.push(successor)
      }
    }
    return order
  }
}
