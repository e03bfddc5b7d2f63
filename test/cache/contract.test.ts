// The claims bring their titles and their assertions along.
// oxlint-disable vitest/valid-title vitest/expect-expect
import { describe, test } from 'vitest'
import { cacheClaims, isClaimApplicable, runCacheClaim } from '../../src/testing/index.ts'
import { cacheBackends } from './backends.ts'

describe.each(cacheBackends.map((backend) => [backend.name, backend] as const))('%s', (_name, backend) => {
  for (const claim of cacheClaims) {
    if (!isClaimApplicable(claim, backend)) continue
    test.concurrent(claim.title, () => runCacheClaim(claim, backend))
  }
})
