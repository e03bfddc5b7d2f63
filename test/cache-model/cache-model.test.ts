import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { explore, type Exploration } from './explore.ts'
import { mutants, spares, type Mutant } from './mutants.ts'
import { findNaiveInterleavings } from './naive-interleavings.ts'
import { protocol, type Rules } from './rules.ts'
import type { Scenario } from './scenario.ts'
import { longScenarios, quickScenarios } from './scenarios.ts'

const isLong = process.env['STOCKPILE_TEST_LONG'] === '1'
// Only guards against hanging for ever: the largest takes minutes on two slow cores.
const longMs = 3_600_000
const kept = { violation: null, isExhaustive: true }

describe('the cache protocol keeps every promise, in every order of steps', () => {
  it.each(isLong ? [...quickScenarios, ...longScenarios] : quickScenarios)(
    '$name',
    (scenario) => {
      expect(tryAll(protocol, scenario)).toEqual(kept)
    },
    longMs,
  )
})

describe('without one of its rules the protocol breaks a promise', () => {
  it.each(mutants.map(titled))('$title', ({ breaks, scenario }) => {
    expect(explore({ rules: without(breaks), scenario }).violation).not.toBeNull()
    // Otherwise it was not the rule that did it.
    expect(tryAll(protocol, scenario)).toEqual(kept)
  })

  it('for every rule that is not made good for by another', () => {
    const broken = new Set([...mutants, ...spares].flatMap(({ breaks }) => breaks))
    expect(Object.keys(protocol).filter((rule) => !broken.has(rule as keyof Rules))).toEqual([])
  })
})

describe('rules that another rule makes good for are not needed', () => {
  it.each(spares.map(titled))('$title', ({ breaks, scenario }) => {
    expect(tryAll(without(breaks), scenario)).toEqual(kept)
  })
})

describe('naive protocols break a promise with nothing going wrong', () => {
  it('each in its own way', () => {
    const found = findNaiveInterleavings()
    if (isLong) console.log(found.map(({ name, drawing }) => `${name}\n\n${drawing}\n`).join('\n'))
    expect(found.map(({ name, what, steps }) => [name, what.slice(0, what.indexOf(':')), steps.length])).toEqual([
      ['Write through before the commit', 'dirty', 3],
      ['Delete after the commit', 'drift', 7],
      ['Delete after the commit, add on a miss', 'drift', 7],
      ['Delete after the commit, fill on a lease', 'backward', 8],
    ])
  })
})

function tryAll(rules: Rules, scenario: Scenario): Pick<Exploration, 'violation' | 'isExhaustive'> {
  const { violation, states, isExhaustive } = explore({ rules, scenario })
  if (isLong) console.log(`${scenario.name}: ${states} states`)
  return { violation, isExhaustive }
}

function without(breaks: Mutant['breaks']): Rules {
  return { ...protocol, ...Object.fromEntries(breaks.map((rule) => [rule, false])) }
}

function titled(mutant: Mutant): Mutant & { readonly title: string } {
  return { ...mutant, title: `${mutant.breaks.join(' and ')}: ${mutant.scenario.name}` }
}
