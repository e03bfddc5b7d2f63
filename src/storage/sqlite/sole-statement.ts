import { refuseEndings } from '../refuse-endings.ts'

/**
 * Refuses what would end or nest a transaction that is somebody else's to end. Several statements in one text are refused by the driver.
 *
 * @throws InvalidArgumentError
 */
export const requireSoleStatement = refuseEndings('BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE')
