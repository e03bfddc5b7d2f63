import type { FileDeal } from './file-deal.ts'

/** Most deals in flight. More would gain a few percent; fewer leave the database waiting. */
export const dealsMax = 1_024

// A batch of the library takes 4 MiB, counted as below. With all deals in flight in one batch, no later deal can be done where an
// earlier one fails, and so a resumed run goes on from where it was.
const bytesMax = 4 * 1024 * 1024

/** Cuts deals into lists that are applied one after the other, and reads ahead while one is. */
export async function* cutIntoChunks(deals: AsyncIterable<FileDeal>): AsyncGenerator<FileDeal[]> {
  let chunk: FileDeal[] = []
  let bytes = 0
  for await (const deal of deals) {
    const dataLength = deal.data === undefined ? 0 : JSON.stringify(deal.data).length
    const dealBytes = deal.changes.length * (192 + dataLength)
    if (chunk.length > 0 && (chunk.length === dealsMax || bytes + dealBytes > bytesMax)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(deal)
    bytes += dealBytes
  }
  if (chunk.length > 0) yield chunk
}
