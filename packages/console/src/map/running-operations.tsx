import type { Operation, OperationStep } from '@alwayson/protocol/operations.ts';
import { useLive } from '../live/live-provider.tsx';
import { Elapsed } from '../look/elapsed.tsx';
import classes from './running-operations.module.css';

/** What is under way, step by step, with what it waits for. Absent when nothing runs. */
export function RunningOperations() {
  const { operations } = useLive();
  const running = operations.filter((operation) => operation.state === 'running');
  if (running.length === 0) return null;
  return (
    <section aria-label="Running operations" className={classes.operations}>
      {running.map((operation) => (
        <RunningOperation key={operation.id} operation={operation} />
      ))}
    </section>
  );
}

function RunningOperation({ operation }: { operation: Operation }) {
  const done = operation.steps.filter((step) => step.state === 'done' || step.state === 'skipped').length;
  const waitingFor = operation.steps.find((step) => step.state === 'running')?.waitingFor;
  return (
    <article className={classes.operation} data-operation={operation.id}>
      <header>
        <h2>{operation.title}</h2>
        <span className={classes.figures}>
          step {Math.min(done + 1, operation.steps.length)} of {operation.steps.length}, for{' '}
          <Elapsed since={operation.startedAt} />
        </span>
      </header>
      <ol>
        {operation.steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </ol>
      {waitingFor === undefined ? null : <p className={classes.waiting}>Waiting for {waitingFor}</p>}
    </article>
  );
}

const stepSigns: Record<OperationStep['state'], string> = {
  pending: '○',
  running: '▶',
  done: '✓',
  failed: '✕',
  undone: '↶',
  skipped: '–',
};

function Step({ step }: { step: OperationStep }) {
  return (
    <li
      className={classes.step}
      data-step={step.state}
      aria-current={step.state === 'running' ? 'step' : undefined}
    >
      <span aria-hidden="true">{stepSigns[step.state]}</span> {step.name}
      <span className={classes.stepState}>{step.state}</span>
    </li>
  );
}
