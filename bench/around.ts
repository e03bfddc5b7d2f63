/** The same object with other ways to some of its methods. */
export function around<Inner extends object>(inner: Inner, methods: Partial<Inner>): Inner {
  return new Proxy(inner, {
    get(target, name) {
      if (Object.hasOwn(methods, name)) return methods[name as keyof Inner]
      const value: unknown = Reflect.get(target, name, target)
      // Private fields are only there on the object itself.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
