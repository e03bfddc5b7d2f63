/** A way to a server, on which commands are carried out in the order in which they were sent. */
export interface Connection {
  /** Sends a command, and answers what the server does; rejects with the server's error, or where it can't be asked. */
  send(args: readonly string[]): Promise<unknown>
  /**
   * Sends commands over one and the same connection, to one and the same process: where it is lost in between, the answer is a rejection. Null
   * where that can't be promised, as of a client of the application's own, which may connect anew by itself.
   */
  readonly sendTogether: ((commands: readonly (readonly string[])[]) => Promise<unknown[]>) | null
  /** Gives up what was sent and not answered, where that is possible: the next command takes a new connection. */
  reset(): void
  /** Ends what was opened here. */
  close(): Promise<void>
}
