// Of such a name, encoding makes the same.
const plain = /^[\w.-]+$/

/** The keys of one database's cache: short, ASCII, without blanks, at most 250 characters whatever the ids are. */
export class Keys {
  readonly #prefix: string
  /** By app, of which there are few. */
  readonly #guards = new Map<string, string>()

  /** @param prefix up to 24 characters, which no other database and no earlier time of this one has */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The key of an account's value. */
  account(app: string, user: string): string {
    // A user has at most 64 bytes, each of which takes at most three characters.
    return `${this.#prefix}:${app}:${plain.test(user) ? user : encodeURIComponent(user)}`
  }

  /** The key of the guard of an app: its generation. */
  guard(app: string): string {
    let guard = this.#guards.get(app)
    if (guard === undefined) this.#guards.set(app, (guard = `${this.#prefix}:${app}`))
    return guard
  }
}
