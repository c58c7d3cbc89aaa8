import type { Operation, OperationStep } from '@alwayson/protocol/operations.ts';
import { sayLocalTime } from './say-local-time.ts';
import { sayMs } from './say-ms.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

/** One line each, newest first. */
export function renderOperations(operations: readonly Operation[]): string {
  if (operations.length === 0) return 'Nothing was changed yet.';
  const rows = operations.map((operation) => [
    operation.id,
    operation.state,
    sayLocalTime(operation.startedAt),
    sayLength(operation) ?? describeWait(operation),
    operation.title,
  ]);
  return renderTable([['operation', 'state', 'since', 'took', 'what'], ...rows], '').join('\n');
}

const formats = { running: 'yellow', succeeded: 'green', failed: 'red', 'rolled-back': 'red' } as const;

/** Everything that is known of one. */
export function renderOperation(operation: Operation, { paint }: Painter): string {
  const { id, title, state, startedAt, steps, error, result } = operation;
  const length = sayLength(operation);
  const rows = steps.map((step) => [step.name, step.state, sayLength(step) ?? '', step.waitingFor ?? '']);
  return [
    `${title} (${id})`,
    `${paint(formats[state], state)}, since ${sayLocalTime(startedAt)}${length === null ? '' : `, took ${length}`}`,
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
    '',
    ...renderTable(rows),
    ...(result === undefined ? [] : ['', JSON.stringify(result, null, 2)]),
  ].join('\n');
}

function sayLength({ startedAt, endedAt }: Pick<OperationStep, 'startedAt' | 'endedAt'>): string | null {
  if (startedAt === undefined || endedAt === undefined) return null;
  return sayMs(Date.parse(endedAt) - Date.parse(startedAt));
}

function describeWait({ steps }: Operation): string {
  const step = steps.find(({ state }) => state === 'running');
  return step === undefined ? '' : `in ${step.name}`;
}
