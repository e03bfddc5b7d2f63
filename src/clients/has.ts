/** Whether something has these methods. */
export function has(thing: object, ...methods: readonly string[]): boolean {
  return methods.every((method) => typeof (thing as Readonly<Record<string, unknown>>)[method] === 'function')
}
