import { randomUUID } from 'node:crypto';
import { AlwaysOnError, isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Event, Operation, OperationStep } from '@alwayson/protocol/operations.ts';
import type { EventInput, OperationHandle, OperationInput } from './journal.ts';

interface OperationEffects {
  save(operation: Operation): void;
  event(input: EventInput): Event;
  time(): string;
}

/** What ends an operation early, as long as nothing is decided. */
export interface Cancellation {
  /** Aborted, with what is to be told, when somebody cancelled it. */
  readonly signal: AbortSignal;
  /** Throws AON_TOO_LATE. */
  cancel(owner: string): Operation;
  /** Called before every step. Throws what the cancelling tells, unless the step is one of the way back. */
  pass(step: string): void;
}

export function toNewOperation(input: OperationInput, startedAt: string): Operation {
  const { kind, title, cancellableBefore } = input;
  const steps: OperationStep[] = input.steps.map((name) => ({ name, state: 'pending' }));
  return {
    id: `${kind}-${randomUUID().slice(0, 8)}`,
    kind,
    title,
    state: 'running',
    startedAt,
    steps,
    ...(cancellableBefore === undefined ? {} : { isCancellable: true }),
    ...withResult(input.result),
  };
}

/** `before`: the step that is the point of no return; null when there is none; without it nothing can be cancelled. */
export function createCancellation(
  operation: Operation,
  { save, event }: OperationEffects,
  before?: string | null,
): Cancellation {
  const controller = new AbortController();
  const { signal } = controller;
  const { id, steps, title } = operation;
  const lastOfWay = steps.findIndex(({ name }) => name === before);
  return {
    signal,
    cancel(owner) {
      if (operation.isCancellable !== true) {
        const why = signal.aborted ? 'is being cancelled already' : 'is past its point of no return';
        throw new AlwaysOnError('AON_TOO_LATE', `${title}: this ${why}, and goes on to its end.`);
      }
      operation.isCancellable = false;
      const running = steps.find(({ state }) => state === 'running');
      if (running !== undefined) running.waitingFor = `its end: ${owner} cancelled it`;
      save(operation);
      const message = `${title}: cancelled by ${owner}`;
      event({ severity: 'warning', type: 'operation.cancelled', entity: id, message, operation: id });
      controller.abort(new AlwaysOnError('AON_CANCELLED', `${owner} cancelled it.`));
      return operation;
    },
    pass(step) {
      const index = steps.findIndex(({ name }) => name === step);
      if (lastOfWay === -1 || index <= lastOfWay) signal.throwIfAborted();
      if (step === before) operation.isCancellable = false;
    },
  };
}

/** Changes `operation` and writes every change. */
export function toOperationHandle(
  operation: Operation,
  {
    save,
    event,
    time,
    cancellation,
    ended,
  }: OperationEffects & { cancellation: Cancellation; ended: () => void },
): OperationHandle {
  const { steps } = operation;
  const end = (state: Operation['state'], rest: Partial<Operation>) => {
    for (const step of steps) if (step.state === 'pending') step.state = 'skipped';
    delete operation.isCancellable;
    Object.assign(operation, { state, endedAt: time(), ...rest });
    ended();
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
    signal: cancellation.signal,
    read: () => structuredClone(operation),
    async step(name, run) {
      const step = steps.find((candidate) => candidate.name === name);
      if (step === undefined) throw new Error(`Operation ${operation.kind} has no step ${name}.`);
      cancellation.pass(name);
      Object.assign(step, { state: 'running', startedAt: time() });
      delete step.endedAt;
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
