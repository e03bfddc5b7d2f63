import { commandsPage } from '../cli/commands-page.ts'
import { errorsPage } from './errors-page.ts'
import { optionsPage } from './options-page.ts'

/** The pages that are made from the code, by path, and what makes them. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/commands.md': commandsPage,
  'docs/errors.md': errorsPage,
  'docs/options.md': optionsPage,
}
