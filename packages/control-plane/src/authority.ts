import { z } from 'zod';
import type { Records } from './records/records.ts';

/** Which region may write, and the fencing token that says so. The epoch only goes up. */
const Authority = z.object({ epoch: z.int().positive(), writerRegion: z.string() });

export interface AuthorityRegister {
  epoch(): number;
  writerRegion(): string;
}

/** The register of the epoch; the first region writes in epoch 1. Moving it is the region failover's business. */
export function openAuthority(records: Records, firstRegion: string): AuthorityRegister {
  const initial = { epoch: 1, writerRegion: firstRegion };
  const { version } = records.read('authority', Authority, initial);
  if (version === 0) records.commit('authority', 0, initial);
  const read = () => records.read('authority', Authority, initial).value;
  return { epoch: () => read().epoch, writerRegion: () => read().writerRegion };
}
