import { z } from 'zod';
import type { Records, Versioned } from '../records/records.ts';

const name = 'scale';

/** What people have asked for last: zone -> stamps. Fewer are not taken by themselves. */
const ScaleRecord = z.strictObject({ floor: z.record(z.string(), z.int().positive()) });
type ScaleRecord = z.infer<typeof ScaleRecord>;

export function readScale(records: Records): Versioned<ScaleRecord> {
  return records.read(name, ScaleRecord, { floor: {} });
}

export function commitFloor(records: Records, zones: ReadonlyMap<string, number>): void {
  const { version, value } = readScale(records);
  records.commit(name, version, { floor: { ...value.floor, ...Object.fromEntries(zones) } });
}
