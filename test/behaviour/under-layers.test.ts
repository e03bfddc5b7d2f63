import { describe } from 'vitest'
import { runSuites } from './run-suites.ts'
import { stacks, suitesOfLayers as suites } from './stacks.ts'

describe.each(Object.keys(stacks) as (keyof typeof stacks)[])('%s', (stack) => {
  runSuites('alone', { backends: ['sqlite'], stack, suites })
})
