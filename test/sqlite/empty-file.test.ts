import { expect, test } from 'vitest'
import { join } from 'node:path'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

test('a file without tables has no changes to take and no note about a cache, and can get one', async () => {
  const folder = await makeTempFolder('sqlite')
  const storage = sqlite(join(folder, 'empty.db'))
  try {
    expect(await storage.takeChanges(10, () => Promise.reject(new Error('nothing is to be taken')))).toBe(0)
    expect(await storage.cacheNote()).toBe(null)
    expect(await storage.noteCache(null, 'some cache')).toBe('some cache')
    expect(await storage.cacheNote()).toBe('some cache')
    await expect(storage.bulk('farm')).rejects.toMatchObject({ code: 'TABLES_MISSING' })
  } finally {
    await storage.close()
    await removeTempFolder(folder)
  }
})
