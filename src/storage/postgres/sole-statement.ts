import { refuseEndings } from '../refuse-endings.ts'

/**
 * Refuses what would end or nest a transaction that is somebody else's to end. Several statements in one text are refused by the server.
 *
 * @throws InvalidArgumentError
 */
export const requireSoleStatement = refuseEndings(
  String.raw`BEGIN|START|COMMIT|END|ABORT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION`,
)
