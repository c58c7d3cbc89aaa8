import { type EstateRecord, firstEstate } from '@alwayson/core/estate/estate-record.ts';
import { z } from 'zod';
import type { Records, Versioned } from '../records/records.ts';

const name = 'estate';
/** Of 0.1.0. It is not read any more, but hosts hold units that carry its version as their generation. */
const formerName = 'release';

const Stored = z.strictObject({
  live: z.string(),
  intent: z.string(),
  broughtUp: z.boolean(),
  stamps: z.array(
    z.strictObject({
      release: z.string(),
      zone: z.string(),
      ordinal: z.int().nonnegative(),
      slot: z.int().nonnegative(),
    }),
  ),
  wanted: z.record(z.string(), z.int().positive()),
});

export function readEstate(records: Records): Versioned<EstateRecord> {
  return records.read<EstateRecord>(name, Stored, firstEstate);
}

/** Throws AON_GENERATION_OLD when the record moved on meanwhile. */
export function commitEstate(records: Records, version: number, value: EstateRecord): number {
  return records.commit(name, version, value);
}

/** Goes up with every change of the record: hosts refuse what carries an older one. */
export function readEstateGeneration(records: Records): number {
  return readEstate(records).version + records.read(formerName, z.unknown(), null).version;
}
