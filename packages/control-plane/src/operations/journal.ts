import type { Event, Operation } from '@alwayson/protocol/operations.ts';

export interface EventInput {
  severity: Event['severity'];
  type: string;
  entity: string;
  message: string;
  operation?: string;
  data?: Record<string, unknown>;
}

/** History that survives the process: events and operations, each written before what it announces is done. */
export interface Journal {
  event(input: EventInput): Event;
  /** Writes the operation with all its steps pending, before anything acts. */
  begin(input: OperationInput): OperationHandle;
  /** Writes an operation as it stands, of somebody who keeps a record of his own and goes on from it after a restart. */
  put(operation: Operation): void;
}

export interface OperationInput {
  kind: string;
  title: string;
  steps: readonly string[];
  /** The step that is the point of no return: until it begins, the operation can be cancelled. Null: to its end. Absent: never. */
  cancellableBefore?: string | null;
  /** What whoever goes on with it has to know; in the place of the result until there is one. */
  result?: Record<string, unknown>;
}

export interface OperationHandle {
  readonly id: string;
  /** Aborted when somebody cancels it: what takes long in a step gives up, and no further step of the way there begins. */
  readonly signal: AbortSignal;
  /** As it stands. */
  read(): Operation;
  /** Marks the step running, runs it, marks it done; on a throw marks it failed and throws on. */
  step<T>(name: string, run: (waitingFor: (what: string) => void) => Promise<T>): Promise<T>;
  succeed(result?: Record<string, unknown>): Operation;
  fail(error: unknown, result?: Record<string, unknown>): Operation;
  /** It did not work, and all is as it was. */
  rollBack(error: unknown, result?: Record<string, unknown>): Operation;
}
