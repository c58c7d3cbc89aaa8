import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Operation } from '@alwayson/protocol/operations.ts';
import type { RolloutOrder, RolloutReport } from '@alwayson/protocol/releases.ts';
import type { SqliteJournal } from './sqlite-journal.ts';

export interface OperationBoardContext {
  journal: SqliteJournal;
  releases: { report(): RolloutReport | null; order(order: RolloutOrder): Promise<RolloutReport> };
  recovery: { goOn(operation: Operation): Operation };
}

/** Where operators change their mind about an operation. Throws AON_NOT_FOUND, and AON_TOO_LATE when it is not possible any more. */
export interface OperationBoard {
  /** Before its point of no return: it goes back, and all is as it was when it has ended. */
  cancel(id: string, owner: string): Promise<Operation>;
  /** Of one that stands still, or that failed after its point of no return: it goes on to its end. */
  resume(id: string, owner: string): Promise<Operation>;
}

/** Throws AON_NOT_FOUND. */
export function findOperation(journal: Pick<SqliteJournal, 'operation'>, id: string): Operation {
  const operation = journal.operation(id);
  if (operation !== null) return operation;
  throw new AlwaysOnError('AON_NOT_FOUND', `There is no operation ${id}.`);
}

export function createOperationBoard({ journal, releases, recovery }: OperationBoardContext): OperationBoard {
  const find = (id: string) => findOperation(journal, id);
  const isRollout = ({ id, state }: Operation) => state === 'running' && releases.report()?.id === id;
  return {
    async cancel(id, owner) {
      if (!isRollout(find(id))) return journal.cancel(id, owner);
      await releases.order({ order: 'abort', owner });
      return find(id);
    },
    async resume(id, owner) {
      const operation = find(id);
      if (!isRollout(operation)) return recovery.goOn(operation);
      await releases.order({ order: 'resume', owner });
      return find(id);
    },
  };
}
