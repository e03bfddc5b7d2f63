import type { Token } from './contract.ts'

interface Copy {
  readonly token: Token
  readonly text: string
}

/**
 * Texts of values that this process has seen, each with the token that it had. A copy is used only when the server says that the token
 * still fits, so that none is ever stale. The ones used longest ago go first.
 */
export class NearCopies {
  readonly #bytesMax: number
  readonly #copies = new Map<string, Copy>()
  #bytes = 0

  /** @param bytesMax room for all texts together, about; 0 for none */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The copy of a key, which counts as used. */
  find(key: string): Copy | undefined {
    const copy = this.#copies.get(key)
    if (copy === undefined) return undefined
    this.#copies.delete(key)
    this.#copies.set(key, copy)
    return copy
  }

  /** Keeps a copy in place of an older one. */
  keep(token: Token, text: string): void {
    if (this.#bytesMax === 0) return
    this.drop(token.key)
    if (text.length > this.#bytesMax) return
    this.#copies.set(token.key, { token, text })
    this.#bytes += text.length
    for (const oldest of this.#copies.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      this.drop(oldest)
    }
  }

  /** Forgets the copy of a key. */
  drop(key: string): void {
    const copy = this.#copies.get(key)
    if (copy === undefined) return
    this.#copies.delete(key)
    this.#bytes -= copy.text.length
  }
}
