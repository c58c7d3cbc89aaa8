import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import type { DatabaseObservation } from '@alwayson/core/database/database-observation.ts';
import type { DatabaseRecord } from '@alwayson/core/database/database-record.ts';
import { decideDatabase } from '@alwayson/core/database/decide-database.ts';
import type { Journal } from '../operations/journal.ts';
import { commitRecord, type DatabaseRuntime } from './database-runtime.ts';
import { beginFailover } from './failover-operation.ts';
import { observeDatabase } from './observe-database.ts';

/** Records are committed one after the other before anything acts; more in a row would be a fault in the rules. */
const commitsMax = 5;

export interface Settled {
  observation: DatabaseObservation;
  actions: readonly DatabaseAction[];
  hasCommitted: boolean;
}

/** Decides and commits until the record stands; returns what to do under it. */
export function settleRecord(runtime: DatabaseRuntime): Settled {
  for (let commits = 0; commits < commitsMax; commits += 1) {
    const observation = observeDatabase(runtime);
    const before = runtime.record.value;
    const { record: next, actions } = decideDatabase(before, observation, runtime.plan.policy);
    if (next === before) return { observation, actions, hasCommitted: commits > 0 };
    const commit = () => {
      runtime.record = commitRecord(runtime, next);
    };
    if (before.term > 0 && next.term > before.term) runtime.failover = beginFailover(runtime, next, commit);
    else commit();
    tellChange(runtime.context.journal, before, next);
  }
  throw new Error('The database record does not come to rest.');
}

function tellChange(journal: Journal, before: DatabaseRecord, next: DatabaseRecord): void {
  const entity = next.writer ?? 'database';
  if (next.term > before.term) {
    const message = `${next.writer} is the database's writer in term ${next.term}.`;
    const severity = before.term === 0 ? 'info' : 'warning';
    journal.event({ severity, type: 'database.writer', entity, message });
    return;
  }
  if (next.sync !== null && next.sync !== before.sync) {
    const message = `Every write is confirmed by ${next.sync} before it is answered.`;
    journal.event({ severity: 'info', type: 'database.replicated', entity, message });
  } else if (before.sync !== null && next.sync === null) {
    const message = `${before.sync} no longer confirms writes; ${next.waitFor === null ? 'they have one copy' : `${next.waitFor} is waited for`}.`;
    journal.event({ severity: 'warning', type: 'database.copy-lost', entity, message });
  }
}
