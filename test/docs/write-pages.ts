import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tidy/source-file.ts'
import { formatPage } from './format-page.ts'
import { pages } from './pages.ts'

for (const [path, make] of Object.entries(pages)) {
  writeFileSync(join(root, path), await formatPage(make()))
  console.log(`${path} is made anew`)
}
