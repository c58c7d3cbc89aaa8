import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { z } from 'zod';

const Seconds = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number);
const Range = z
  .object({ from: Seconds, to: Seconds })
  .refine(({ from, to }) => from < to, 'from must lie before to');

/** The range of a query such as `?from=1790000000&to=1790000600`. Throws AON_REQUEST_INVALID. */
export function readRange(query: unknown): { from: number; to: number } {
  const { data } = Range.safeParse(query);
  if (data !== undefined) return data;
  const hint = 'Give from and to in seconds since the epoch, from before to.';
  throw new AlwaysOnError('AON_REQUEST_INVALID', 'That is no range of time.', { hint });
}
