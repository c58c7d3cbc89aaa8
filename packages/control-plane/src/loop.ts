import type { Controller } from './controller.ts';
import type { Journal } from './operations/journal.ts';

const tickEveryMs = 1000;
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
export function startLoop(
  controllers: readonly Controller[],
  context: { journal: Journal; now: () => number },
): Loop {
  const drivers = controllers.map((controller) => createDriver(controller, context));
  return {
    nudge() {
      for (const driver of drivers) driver.nudge();
    },
    async close() {
      await Promise.all(drivers.map((driver) => driver.close()));
      await Promise.all(controllers.map((controller) => controller.close()));
    },
  };
}

function createDriver(controller: Controller, { journal, now }: { journal: Journal; now: () => number }) {
  const closing = new AbortController();
  let nudged = false;
  let wake = () => {};
  let told: { message: string; at: number } | undefined;

  const tell = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (told?.message === message && now() - told.at < repeatFailureMs) return;
    told = { message, at: now() };
    journal.event({ severity: 'warning', type: 'controller.failed', entity: controller.name, message });
  };

  const pause = () =>
    new Promise<void>((resolve) => {
      // All at the same instant: one wake-up of the process costs more than most ticks.
      const timer = setTimeout(resolve, tickEveryMs - (performance.now() % tickEveryMs));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    while (!closing.signal.aborted) {
      nudged = false;
      try {
        await controller.tick(closing.signal);
        told = undefined;
      } catch (error) {
        if (!closing.signal.aborted) tell(error);
      }
      if (!nudged && !closing.signal.aborted) await pause();
    }
  };
  const ended = run();
  const nudge = () => {
    nudged = true;
    wake();
  };
  return {
    nudge,
    close() {
      closing.abort();
      nudge();
      return ended;
    },
  };
}
