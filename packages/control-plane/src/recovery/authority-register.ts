import {
  type Authority,
  beginHold,
  createAuthority,
  declareWriter,
  endHold,
  isHoldOver,
  moveWriter,
  settleMove,
} from '@alwayson/core/recovery/authority.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { z } from 'zod';
import type { Records } from '../records/records.ts';

const recordName = 'authority';
const schema: z.ZodType<Authority> = z.object({
  epoch: z.int().positive(),
  writerRegion: z.string(),
  writer: z.string().nullable().default(null),
  phase: z.enum(['steady', 'holding', 'opening']).default('steady'),
  operation: z.string().nullable().default(null),
  leaseUntil: z.number().nullable().default(null),
});

/** The register of who may write, on disk. Every change is a compare-and-set: of two at once one wins. */
export interface AuthorityRegister {
  read(): Authority;
  epoch(): number;
  writerRegion(): string;
  /** Writes are about to be held. Throws AON_OPERATION_RUNNING when somebody else is at it. */
  hold(operation: string, forMs: number): void;
  /** The way back; nothing happens when nothing is held. */
  release(): void;
  /** The point of no return. Throws AON_GENERATION_OLD when the hold has ended: somebody may have written meanwhile. */
  move(operation: string, to: { region: string; writer: string }): void;
  /** The same without a hold: the writer's region is lost. */
  declare(operation: string, to: { region: string; writer: string }): void;
  /** The writer that was named writes. */
  settle(): void;
  /** Ends a hold whose time is over. Returns whether there was one. */
  sweep(): boolean;
}

/** The first region writes in epoch 1. */
export function openAuthority(records: Records, firstRegion: string, now: () => number): AuthorityRegister {
  const initial = createAuthority(firstRegion);
  if (records.read(recordName, schema, initial).version === 0) records.commit(recordName, 0, initial);
  const read = () => records.read(recordName, schema, initial).value;
  const change = (decide: (before: Authority) => Authority | null): Authority | null => {
    const { version, value } = records.read(recordName, schema, initial);
    const next = decide(value);
    if (next !== null) records.commit(recordName, version, next);
    return next;
  };
  // Nothing of this life holds anything yet.
  change(endHold);
  return {
    read,
    epoch: () => read().epoch,
    writerRegion: () => read().writerRegion,
    hold(operation, forMs) {
      if (change((before) => beginHold(before, operation, now() + forMs)) !== null) return;
      const { operation: other, phase } = read();
      throw new AlwaysOnError(
        'AON_OPERATION_RUNNING',
        `Another operation is ${phase} the database: ${other ?? 'unknown'}.`,
      );
    },
    release() {
      change(endHold);
    },
    move(operation, to) {
      if (change((before) => moveWriter(before, operation, to)) !== null) return;
      throw new AlwaysOnError('AON_GENERATION_OLD', 'Writes are no longer held: the time for it was over.');
    },
    declare(operation, to) {
      change((before) => declareWriter(before, operation, to));
    },
    settle() {
      change(settleMove);
    },
    sweep: () => change((before) => (isHoldOver(before, now()) ? endHold(before) : null)) !== null,
  };
}
