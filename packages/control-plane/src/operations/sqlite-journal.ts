import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { EventsQuery } from '@alwayson/protocol/control-api.ts';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import { Event, Operation, type OperationStep } from '@alwayson/protocol/operations.ts';
import type { EventInput, Journal, OperationHandle, OperationInput } from './journal.ts';

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
  /** Of one that a former life of the control plane began: its steps can be run again. */
  resume(operation: Operation): OperationHandle;
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

  return {
    event,
    begin: (input) => beginOperation(input, { save, event, time }),
    put: save,
    events: (query) => selectEvents(database, query),
    operations: (limit) =>
      database
        .prepare('SELECT body FROM operation ORDER BY started_at DESC, rowid DESC LIMIT ?')
        .all(limit)
        .map((row) => Operation.parse(JSON.parse(String(row.body)))),
    operation(id) {
      const row = database.prepare('SELECT body FROM operation WHERE id = ?').get(id);
      return row === undefined ? null : Operation.parse(JSON.parse(String(row.body)));
    },
    running: () => selectRunning(database),
    resume: (operation) => toHandle(structuredClone(operation), { save, event, time }),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closeInterrupted(resumedKinds = []) {
      for (const operation of selectRunning(database)) {
        if (resumedKinds.includes(operation.kind)) continue;
        const message =
          'The control plane ended meanwhile; its controllers go on from the committed records.';
        save({ ...operation, state: 'failed', endedAt: time(), error: { code: 'AON_INTERRUPTED', message } });
      }
    },
  };
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

interface OperationEffects {
  save(operation: Operation): void;
  event(input: EventInput): Event;
  time(): string;
}

function beginOperation(input: OperationInput, effects: OperationEffects): OperationHandle {
  const steps: OperationStep[] = input.steps.map((name) => ({ name, state: 'pending' }));
  const operation: Operation = {
    id: `${input.kind}-${randomUUID().slice(0, 8)}`,
    kind: input.kind,
    title: input.title,
    state: 'running',
    startedAt: effects.time(),
    steps,
    ...withResult(input.result),
  };
  effects.save(operation);
  effects.event({
    severity: 'info',
    type: 'operation.started',
    entity: operation.id,
    message: operation.title,
    operation: operation.id,
  });
  return toHandle(operation, effects);
}

/** Changes `operation` and writes every change. */
function toHandle(operation: Operation, { save, event, time }: OperationEffects): OperationHandle {
  const { steps } = operation;
  const end = (state: Operation['state'], rest: Partial<Operation>) => {
    for (const step of steps) if (step.state === 'pending') step.state = 'skipped';
    Object.assign(operation, { state, endedAt: time(), ...rest });
    save(operation);
    event({
      severity: state === 'succeeded' ? 'info' : 'error',
      type: `operation.${state}`,
      entity: operation.id,
      message: `${operation.title}: ${state}${operation.error ? ` (${operation.error.message})` : ''}`,
      operation: operation.id,
    });
    return operation;
  };
  return {
    id: operation.id,
    read: () => structuredClone(operation),
    async step(name, run) {
      const step = steps.find((candidate) => candidate.name === name);
      if (step === undefined) throw new Error(`Operation ${operation.kind} has no step ${name}.`);
      Object.assign(step, { state: 'running', startedAt: time() });
      save(operation);
      try {
        const result = await run((what) => {
          step.waitingFor = what;
          save(operation);
        });
        Object.assign(step, { state: 'done', endedAt: time() });
        return result;
      } catch (error) {
        Object.assign(step, { state: 'failed', endedAt: time() });
        throw error;
      } finally {
        delete step.waitingFor;
        save(operation);
      }
    },
    succeed: (result) => end('succeeded', withResult(result)),
    fail: (error, result) => end('failed', { error: describeError(error), ...withResult(result) }),
    rollBack: (error, result) => end('rolled-back', { error: describeError(error), ...withResult(result) }),
  };
}

function describeError(error: unknown): NonNullable<Operation['error']> {
  const code = isAlwaysOnError(error) ? error.code : 'AON_INTERNAL';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function withResult(result: Record<string, unknown> | undefined): Pick<Operation, 'result'> {
  return result === undefined ? {} : { result };
}
