/** Texts under keys on a cache server, and nothing else: what the server and a client can do at best. */
export interface RawCache extends AsyncDisposable {
  get(key: string): Promise<string | null>
  /** Stores a text of ASCII characters. */
  set(key: string, text: string): Promise<void>
}
