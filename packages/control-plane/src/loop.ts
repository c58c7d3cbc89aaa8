import { setTimeout as sleep } from 'node:timers/promises';
import type { Controller } from './controller.ts';
import type { Journal } from './operations/journal.ts';

const tickEveryMs = 1000;
/** A tick that lasts longer is aborted, told as an event, and tried again. */
const tickDeadlineMs = 600_000;
/** The same failure is told once, then again after this long. */
const repeatFailureMs = 60_000;

export interface Loop {
  /** Runs every controller's tick soon; many calls make one tick. */
  nudge(): void;
  close(): Promise<void>;
}

/**
 * Drives the controllers: each ticks every second and at once after a nudge, beside the others and never twice at a
 * time. A tick that throws is told once and tried again: nothing a controller meets may end the loop.
 */
export function startLoop(controllers: readonly Controller[], journal: Journal, now: () => number): Loop {
  const closing = new AbortController();
  const drivers = controllers.map((controller) =>
    createDriver(controller, { journal, now, closing: closing.signal }),
  );
  return {
    nudge() {
      for (const driver of drivers) driver.nudge();
    },
    async close() {
      closing.abort();
      await Promise.all(drivers.map((driver) => driver.ended));
      await Promise.all(controllers.map((controller) => controller.close()));
    },
  };
}

interface DriverContext {
  journal: Journal;
  now: () => number;
  closing: AbortSignal;
}

function createDriver(controller: Controller, context: DriverContext) {
  let wake = new AbortController();
  let nudged = false;
  let told: { message: string; at: number } | undefined;

  const tell = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (told?.message === message && context.now() - told.at < repeatFailureMs) return;
    told = { message, at: context.now() };
    const type = 'controller.failed';
    context.journal.event({ severity: 'warning', type, entity: controller.name, message });
  };

  const run = async () => {
    while (!context.closing.aborted) {
      nudged = false;
      try {
        await controller.tick(AbortSignal.any([context.closing, AbortSignal.timeout(tickDeadlineMs)]));
        told = undefined;
      } catch (error) {
        if (!context.closing.aborted) tell(error);
      }
      if (nudged) continue;
      wake = new AbortController();
      await sleep(tickEveryMs, undefined, { signal: AbortSignal.any([wake.signal, context.closing]) }).catch(
        () => {},
      );
    }
  };
  return {
    nudge() {
      nudged = true;
      wake.abort();
    },
    ended: run(),
  };
}
