import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Sql, SqlConnection } from '../sql.ts';
import { sqlCode, toSqlFailure } from '../sql-failure.ts';
import { advance, insertDeadLetter, type LedgerStep } from './ledger.ts';
import { type QueueEntry, type RawEntry, toEntry } from './queue-entry.ts';
import { toGroups } from './to-groups.ts';

/**
 * Applies entries of one type, in order within a key, through `transaction` and nothing else: it commits together with the
 * position in the queue. It may run again with the same entries. A throw that is not the database's passing trouble
 * means that an entry is bad; the bad ones are found and put aside.
 */
export type QueueHandler = (transaction: SqlConnection, entries: readonly QueueEntry[]) => Promise<void>;

export interface ApplyContext {
  sql: Pick<Sql, 'write'>;
  handlers: Readonly<Record<string, QueueHandler>>;
}

export interface Applied {
  applied: number;
  deadLetters: number;
}

/** The ledger does not stand where this worker thinks: it must look again before it goes on. */
export class LedgerMoved extends Error {}

/** No handler for a type: perhaps a newer release has one. */
export class UnknownType extends Error {
  constructor(type: string) {
    super(`No handler for the type "${type}".`);
  }
}

/**
 * Applies the entries exactly once: the ledger's step and the handlers' changes are one transaction. A bad entry is found
 * by halving and kept as a dead letter. Throws when nothing can be said of the entries: then try again later.
 */
export async function applyBatch(
  context: ApplyContext,
  step: LedgerStep,
  entries: readonly RawEntry[],
): Promise<Applied> {
  try {
    await applyOnce(context, step, entries);
    return { applied: entries.length, deadLetters: 0 };
  } catch (error) {
    if (!(error instanceof BadEntry)) throw error;
    const [only, second] = entries;
    if (only !== undefined && second === undefined) {
      await bury(context, step, { entry: only, cause: error.cause });
      return { applied: 0, deadLetters: 1 };
    }
  }
  const half = Math.ceil(entries.length / 2);
  const before = await applyBatch(context, step, entries.slice(0, half));
  const from = entries[half - 1]?.id ?? step.from;
  const after = await applyBatch(context, { ...step, from }, entries.slice(half));
  return {
    applied: before.applied + after.applied,
    deadLetters: before.deadLetters + after.deadLetters,
  };
}

/** Keeps an entry that cannot be applied, in the transaction that steps over it. */
export async function bury(
  { sql }: ApplyContext,
  step: LedgerStep,
  { entry, cause }: { entry: RawEntry; cause: unknown },
): Promise<void> {
  const message = cause instanceof Error ? cause.message : String(cause);
  await sql.write(
    async (transaction) => {
      if (!(await advance(transaction, step, { to: entry.id, count: 0 }))) throw new LedgerMoved();
      await insertDeadLetter(transaction, step, { entry, code: sqlCode(cause), message });
    },
    { idempotent: true },
  );
}

async function applyOnce({ sql, handlers }: ApplyContext, step: LedgerStep, entries: readonly RawEntry[]) {
  const to = entries.at(-1)?.id ?? step.from;
  try {
    await sql.write(
      async (transaction) => {
        if (!(await advance(transaction, step, { to, count: entries.length }))) throw new LedgerMoved();
        for (const { type, entries: members } of toGroups(entries)) {
          const handler = handlers[type];
          if (handler === undefined) throw new UnknownType(type);
          await handler(transaction, members.map(toEntry));
        }
      },
      { idempotent: true },
    );
  } catch (error) {
    throw isBad(error) ? new BadEntry('The entries hold a bad one.', { cause: error }) : error;
  }
}

class BadEntry extends Error {}

/** False when the same entries may do better later. */
function isBad(error: unknown): boolean {
  if (error instanceof LedgerMoved || error instanceof UnknownType || isAlwaysOnError(error)) return false;
  const code = sqlCode(error) ?? '';
  // Data exceptions, broken constraints, and what a function of the user's raises.
  if (/^(22|23)...$/.test(code) || code === 'P0001') return true;
  if (/^[0-9A-Z]{5}$/.test(code) || toSqlFailure(error) !== 'statement') return false;
  // What is left was thrown by the handler itself: bad, unless another store it uses has trouble.
  if (!(error instanceof Error)) return true;
  return !('syscall' in error) && error.name !== 'AbortError' && error.name !== 'TimeoutError';
}
