import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidArgumentError, InvalidPropertiesError } from '../errors.ts'
import type { Properties } from './serial.ts'

/** A schema of properties, of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type PropertySchema<P extends Properties> = StandardSchemaV1<unknown, P>

/** What a serial's properties belong to, for errors. */
export interface PropertyOwner {
  readonly app: string
  readonly item: string
  /** Null for one that is being made. */
  readonly serial: bigint | null
}

/**
 * Checks properties against a schema, which may fill in defaults.
 *
 * @returns what the schema makes of them; the same properties without a schema
 * @throws InvalidPropertiesError with the schema's issues; InvalidArgumentError for a schema that answers with a promise
 */
export function checkedProperties<P extends Properties>(
  schema: PropertySchema<P> | null,
  properties: unknown,
  owner: PropertyOwner,
): P {
  if (schema === null) return properties as P
  const result = schema['~standard'].validate(properties)
  if ('then' in result) {
    // Nobody waits for it, so that nobody would hear of its failure either.
    Promise.resolve(result).catch(() => undefined)
    throw new InvalidArgumentError(
      'properties',
      schema['~standard'].vendor,
      'a schema that answers at once, without a promise',
    )
  }
  if (result.issues) throw new InvalidPropertiesError({ ...owner, issues: result.issues })
  return result.value
}
