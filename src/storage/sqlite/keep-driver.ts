let kept: Promise<void> | null = null

/**
 * Loads the driver's binary into this thread, which never uses it. Node takes a binary out of memory with the last thread that has loaded it; what is
 * called of it after that, while V8 takes the thread apart, would end the whole process.
 */
export function keepDriver(): Promise<void> {
  kept ??= loadDriver()
  return kept
}

async function loadDriver(): Promise<void> {
  try {
    const { default: Database } = await import('better-sqlite3')
    // The first one loads the binary.
    new Database(':memory:').close()
  } catch {
    // Whoever needs it says what is wrong with it.
  }
}
