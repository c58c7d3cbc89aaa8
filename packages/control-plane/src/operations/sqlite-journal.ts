import type { DatabaseSync } from 'node:sqlite';
import type { EventsQuery } from '@alwayson/protocol/control-api.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Event, Operation } from '@alwayson/protocol/operations.ts';
import type { EventInput, Journal, OperationHandle, OperationInput } from './journal.ts';
import { createCancellation, toNewOperation, toOperationHandle } from './operation-handle.ts';

/** Rows kept; older ones are deleted, so that the file stays bounded. */
const eventsMax = 50_000;
const operationsMax = 2_000;
const pruneEvery = 1_000;

export interface JournalListener {
  event?(event: Event): void;
  operation?(operation: Operation): void;
}

/** The journal with what its readers need: listing, and a call for everything that is written. */
export interface SqliteJournal extends Journal {
  /** Oldest first. */
  events(query: EventsQuery): Event[];
  operations(limit: number): Operation[];
  operation(id: string): Operation | null;
  /** Oldest first. */
  running(): Operation[];
  /**
   * Of one that ended too early, or that a former life of the control plane began: it runs again, and its steps can be run again. It
   * cannot be cancelled: it goes the one way that is left.
   */
  resume(operation: Operation): OperationHandle;
  /** Throws AON_NOT_FOUND, or AON_TOO_LATE. Whoever runs it leads it back; it has not ended when this returns. */
  cancel(id: string, owner: string): Operation;
  listen(listener: JournalListener): () => void;
  /**
   * Ends operations that a former life of the control plane left running: what they moved is found again from records. Those of kinds that
   * go on by themselves are left to whoever does.
   */
  closeInterrupted(resumedKinds?: readonly string[]): void;
}

export function createSqliteJournal(database: DatabaseSync, now: () => number): SqliteJournal {
  const listeners = new Set<JournalListener>();
  const time = () => new Date(now()).toISOString();
  const insertEvent = database.prepare(
    'INSERT INTO event (at, severity, type, entity, message, operation, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const saveOperation = database.prepare(
    `INSERT INTO operation (id, started_at, state, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body`,
  );
  const save = (operation: Operation) => {
    saveOperation.run(operation.id, operation.startedAt, operation.state, JSON.stringify(operation));
    for (const listener of listeners) listener.operation?.(structuredClone(operation));
  };

  const event = (input: EventInput): Event => {
    const at = time();
    const { severity, type, entity, message, operation, data } = input;
    const row = insertEvent.run(at, severity, type, entity, message, operation ?? null, toText(data));
    const written: Event = { seq: Number(row.lastInsertRowid), at, ...input };
    if (written.seq % pruneEvery === 0) prune(database, written.seq);
    for (const listener of listeners) listener.event?.(written);
    return written;
  };

  const effects = { save, event, time };
  const cancellers = new Map<string, (owner: string) => Operation>();
  const begin = (input: OperationInput): OperationHandle => {
    const operation = toNewOperation(input, time());
    const { id, title } = operation;
    save(operation);
    event({ severity: 'info', type: 'operation.started', entity: id, message: title, operation: id });
    const cancellation = createCancellation(operation, effects, input.cancellableBefore);
    if (operation.isCancellable === true) cancellers.set(id, cancellation.cancel);
    return toOperationHandle(operation, {
      ...effects,
      cancellation,
      ended: () => void cancellers.delete(id),
    });
  };
  const find = (id: string) => {
    const row = database.prepare('SELECT body FROM operation WHERE id = ?').get(id);
    return row === undefined ? null : Operation.parse(JSON.parse(String(row.body)));
  };

  return {
    event,
    begin,
    put: save,
    events: (query) => selectEvents(database, query),
    operations: (limit) =>
      database
        .prepare('SELECT body FROM operation ORDER BY started_at DESC, rowid DESC LIMIT ?')
        .all(limit)
        .map((row) => Operation.parse(JSON.parse(String(row.body)))),
    operation: find,
    running: () => selectRunning(database),
    resume(stopped) {
      const operation = toResumed(stopped);
      save(operation);
      return toOperationHandle(operation, {
        ...effects,
        cancellation: createCancellation(operation, effects),
        ended: () => {},
      });
    },
    cancel(id, owner) {
      const operation = find(id);
      if (operation === null) throw new AlwaysOnError('AON_NOT_FOUND', `There is no operation ${id}.`);
      const cancel = cancellers.get(id);
      if (cancel !== undefined) return structuredClone(cancel(owner));
      const message =
        operation.state === 'running'
          ? `${operation.title}: this goes on to its end, and cannot be cancelled.`
          : `${operation.title}: this has ended (${operation.state}).`;
      throw new AlwaysOnError('AON_TOO_LATE', message);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closeInterrupted(resumedKinds = []) {
      for (const { isCancellable: _, ...operation } of selectRunning(database)) {
        if (resumedKinds.includes(operation.kind)) continue;
        const message =
          'The control plane ended meanwhile; its controllers go on from the committed records.';
        save({ ...operation, state: 'failed', endedAt: time(), error: { code: 'AON_INTERRUPTED', message } });
      }
    },
  };
}

function toResumed(stopped: Operation): Operation {
  const operation: Operation = { ...structuredClone(stopped), state: 'running' };
  delete operation.endedAt;
  delete operation.error;
  delete operation.isCancellable;
  return operation;
}

function selectRunning(database: DatabaseSync): Operation[] {
  const rows = database.prepare("SELECT body FROM operation WHERE state = 'running' ORDER BY rowid").all();
  return rows.map((row) => Operation.parse(JSON.parse(String(row.body))));
}

function toText(data: Record<string, unknown> | undefined): string | null {
  return data === undefined ? null : JSON.stringify(data);
}

function selectEvents(database: DatabaseSync, { after, before, limit }: EventsQuery): Event[] {
  const rows =
    after === undefined
      ? database
          .prepare('SELECT * FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?')
          .all(before ?? Number.MAX_SAFE_INTEGER, limit)
          .toReversed()
      : database.prepare('SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?').all(after, limit);
  return rows.map(({ operation, data, ...rest }) =>
    Event.parse({
      ...rest,
      ...(operation === null ? {} : { operation }),
      ...(data === null ? {} : { data: JSON.parse(String(data)) }),
    }),
  );
}

function prune(database: DatabaseSync, newest: number): void {
  database.prepare('DELETE FROM event WHERE seq <= ?').run(newest - eventsMax);
  database
    .prepare(
      'DELETE FROM operation WHERE id NOT IN (SELECT id FROM operation ORDER BY started_at DESC LIMIT ?)',
    )
    .run(operationsMax);
}
