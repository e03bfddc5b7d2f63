import { expect, test } from 'vitest'
import { abilitiesOf } from '../../src/cache/memcached/abilities.ts'

test.each([
  ['1.6.13', false, false],
  ['1.6.26', false, false],
  ['1.6.27', true, false],
  ['1.6.39', true, false],
  ['1.6.40', true, true],
  ['1.6.45-1', true, true],
  ['1.7.0', true, true],
  ['2.0.0', true, true],
])('%s: CAS ids can be given: %s, gets can be conditional: %s', (version, hasGivenCas, hasConditionalGet) => {
  expect(abilitiesOf(version)).toEqual({ hasGivenCas, hasConditionalGet })
})

test.each(['1.6.12', '1.6.9', '1.5.22', '0.9.99'])('%s is too old, and told what would do', (version) => {
  expect(abilitiesOf(version)).toEqual({ fault: `it is memcached ${version}`, remedy: 'install 1.6.13 or newer' })
})

test.each(['mcrouter 0.39', '', 'ERROR'])('what calls itself %j is no memcached', (version) => {
  expect(abilitiesOf(version)).toMatchObject({ fault: expect.stringContaining(JSON.stringify(version)) as string })
})
