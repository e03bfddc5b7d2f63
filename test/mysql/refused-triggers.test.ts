import { describe, expect, it } from 'vitest'
import { Stockpile, TriggersRefusedError } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { startMariaDb } from '../servers/mariadb.ts'
import { openProbe } from '../servers/probe.ts'

describe('a migration that may make no triggers', () => {
  it('says which setting or privilege is missing, and is completed once it is there', async () => {
    await using server = await startMariaDb({ args: ['--log-bin=log'] })
    const root = await openProbe(server.url)
    try {
      await root.query("CREATE USER farmer IDENTIFIED BY 'secret'")
      await root.query('GRANT CREATE, ALTER, INDEX, SELECT, INSERT, UPDATE, DELETE ON test.* TO farmer')
      const url = new URL(server.url)
      url.username = 'farmer'
      await using before = new Stockpile({ storage: mysql(url.href) })
      const withoutSetting = before.migrate(['farm'])
      await expect(withoutSetting).rejects.toThrow(TriggersRefusedError)
      await expect(withoutSetting).rejects.toThrow('SET GLOBAL log_bin_trust_function_creators = 1')
      await root.query('SET GLOBAL log_bin_trust_function_creators = 1')
      const withoutPrivilege = before.migrate(['farm'])
      await expect(withoutPrivilege).rejects.toThrow(TriggersRefusedError)
      await expect(withoutPrivilege).rejects.toThrow('GRANT TRIGGER')
      await root.query('GRANT TRIGGER ON test.* TO farmer')
      // A connection keeps the privileges that it began with.
      await using stockpile = new Stockpile({ storage: mysql(url.href) })
      expect(await stockpile.migrate(['farm'])).toMatchObject([{ name: 'farm', version: 1 }])
      expect(await stockpile.tally('farm', 1).add('egg', 2)).toBe(2n)
      await root.query('UPDATE farm_stockpile_holding SET quantity = 3')
      expect(await stockpile.tally('farm', 1).get('egg')).toBe(3n)
      expect((await stockpile.verify('farm')).breaks).toEqual([])
    } finally {
      await root.close()
    }
  })
})
