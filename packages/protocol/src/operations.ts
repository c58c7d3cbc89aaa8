import { z } from 'zod';

/**
 * An operation is a journaled, resumable sequence of steps that changes an environment. It is written to the journal
 * before it acts; the same document is streamed to CLI and console as progress.
 */
export const OperationStep = z.object({
  name: z.string(),
  state: z.enum(['pending', 'running', 'done', 'failed', 'undone', 'skipped']),
  /** What is being waited for, in words. */
  waitingFor: z.string().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
});
export type OperationStep = z.infer<typeof OperationStep>;

export const Operation = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(['running', 'succeeded', 'failed', 'rolled-back']),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  steps: z.array(OperationStep),
  /** While it runs: `ops cancel` leads it back. */
  isCancellable: z.boolean().optional(),
  /** Kind-specific result: measured gap, members, reasons. */
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type Operation = z.infer<typeof Operation>;

export const severities = ['info', 'warning', 'error'] as const;

/** The type of the event that an environment could not be given the data of another. */
export const cloneFailed = 'database.clone-failed';

/** One line of the environment's history. `seq` goes up by one and never repeats. */
export const Event = z.object({
  seq: z.int(),
  at: z.string(),
  severity: z.enum(severities),
  /** `unit.exited`, `database.promoted`, ... : `<entity kind>.<what happened>`. */
  type: z.string(),
  entity: z.string(),
  message: z.string(),
  operation: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Event = z.infer<typeof Event>;
