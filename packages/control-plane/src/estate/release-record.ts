import { z } from 'zod';
import type { Records } from '../records/records.ts';

/** Which release is live, on which block of ports, and which `alwayson up` asked for it. */
export const ReleaseRecord = z.object({
  release: z.string(),
  slot: z.int(),
  /** The `up` that this release was taken in; a later `up` may take the folder's new content. */
  intent: z.string(),
  /** True once everything was ready after that `up`. */
  broughtUp: z.boolean(),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

const name = 'release';
const none: ReleaseRecord = { release: '', slot: 0, intent: '', broughtUp: false };
/** Blocks of ports that releases take in turn; the next never meets the one before it. */
const slotsMax = 8;

export function readRelease(records: Records) {
  return records.read(name, ReleaseRecord, none);
}

/** Takes the content `release` for the `up` named `intent`. The same content keeps its stamps; another gets new ones. */
export function commitRelease(records: Records, release: string, intent: string): ReleaseRecord {
  const { version, value } = readRelease(records);
  const slot = value.release === release || value.release === '' ? value.slot : (value.slot + 1) % slotsMax;
  const next = { release, slot, intent, broughtUp: false };
  records.commit(name, version, next);
  return next;
}

export function commitBroughtUp(records: Records): void {
  const { version, value } = readRelease(records);
  records.commit(name, version, { ...value, broughtUp: true });
}
