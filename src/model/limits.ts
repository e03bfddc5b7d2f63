/** The most a holding can count: 2^63 - 1, the largest signed 64-bit number, which every supported database stores exactly. */
export const quantityMax = 2n ** 63n - 1n

/** Longest user or item id in UTF-8 bytes: keeps a key of two ids far below InnoDB's 3,072 bytes (2 x 64 x 4 = 512). */
export const idBytesMax = 64

/** Longest idempotency key in UTF-8 bytes: room for two UUIDs and a prefix. */
export const keyBytesMax = 128

/** Largest `data` of a deal as JSON in UTF-8 bytes; it is written once per history line, so 16 KiB keeps a batch of 256 below 4 MiB. */
export const dataBytesMax = 16 * 1024

/** Most changes in one deal: a deal is settled in one database transaction, and 10,000 rows stay below a few MiB and about a second. */
export const changesMax = 10_000

/**
 * Most bytes of one deal, about: what its ids, its serials' properties and `data`, once for each change, take. Written in hexadecimal, as
 * other than ASCII is on MariaDB and MySQL, it still fits the 16 MiB of a default `max_allowed_packet`.
 */
export const dealBytesMax = 6 * 1024 * 1024

/** Most items in one `get([...])`: as many as a deal can change. */
export const itemsMax = 10_000

/** Most entries in one page of history. */
export const entriesMax = 1_000

/** Largest properties of one serial as JSON in UTF-8 bytes: what a column of type TEXT takes on every database. */
export const propertiesBytesMax = 64 * 1024 - 1

/** Most serials in one write: with small properties a few MiB, about a second. */
export const serialsMax = 10_000
