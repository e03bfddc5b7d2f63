import { format, resolveConfig } from 'prettier'
import { root } from '../tidy/source-file.ts'

/** A page as the formatter leaves it, so that the check of formatting and the check of this page ask for the same. */
export async function formatPage(text: string): Promise<string> {
  const settings = await resolveConfig(`${root}/docs/page.md`)
  return format(text, { ...settings, parser: 'markdown' })
}
