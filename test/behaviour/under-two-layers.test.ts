import { describe } from 'vitest'
import { runSuites } from './run-suites.ts'
import { suitesOfLayers } from './stacks.ts'

const suites = [...suitesOfLayers, 'reads', 'receipts', 'history', 'savepoints']

describe('in a transaction', () => {
  runSuites('transaction', { backends: ['sqlite'], stack: 'inspector around sorter', suites })
})

describe('in a crowd', () => {
  runSuites('crowd', { backends: ['sqlite'], stack: 'mine around inspector', suites })
})

describe('alone', () => {
  runSuites('alone', { backends: ['mariadb', 'postgres'], stack: 'sorter around inspector', suites })
})
