import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import type { Journal } from './operations/journal.ts';
import type { Placement } from './placement/placement.ts';
import type { Records } from './records/records.ts';

/** What every controller is made from. The clock is a parameter: tests move it. */
export interface ControllerContext {
  environment: Environment;
  manifest: Manifest;
  placement: Placement;
  records: Records;
  journal: Journal;
  now: () => number;
}

/**
 * One concern's observe -> decide -> act loop, level-triggered: a tick reads facts, lets `core` decide, and moves the world
 * one step towards the record. The loop (`loop.ts`) calls `tick` every second or two and at once after a change, never twice at a time;
 * a throw becomes an event and the next tick tries again. A controller killed anywhere continues from records and facts.
 */
export interface Controller {
  readonly name: string;
  /** It ticks every second in a calm estate too: what it looks at may stop without a host telling of it, and nothing goes on until it has seen that. */
  readonly isWatchful?: true;
  tick(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
