import type { Controller } from './controller.ts';
import type { Journal } from './operations/journal.ts';

const tickEveryMs = 1000;
/** Where nothing happens and nobody comes, looking costs more than it tells. */
const calmTickEveryMs = 2000;
/** So long after the last thing that happened an estate counts as calm. */
const calmAfterMs = 30_000;
/** The same failure is told once, then again after this long. */
const repeatFailureMs = 60_000;

export interface Loop {
  /** Something happened: runs every controller's tick soon; many calls make one tick. */
  nudge(): void;
  /** Something happened that no tick has to follow: the estate is not calm for a while. */
  stir(): void;
  close(): Promise<void>;
}

export interface LoopContext {
  journal: Journal;
  now: () => number;
  /** Nobody uses the workload, and all of it is well. Never, where it is not told. */
  isQuiet?: () => boolean;
}

/**
 * Drives the controllers: each ticks every second (while the estate is calm every other one, but for those that are watchful) and at once
 * after a nudge, beside the others and never twice at a time. A tick that throws is told once and tried again: nothing a controller
 * meets may end the loop.
 */
export function startLoop(controllers: readonly Controller[], context: LoopContext): Loop {
  const { isQuiet = () => false } = context;
  let stirredAt = performance.now();
  const isCalm = () => performance.now() - stirredAt >= calmAfterMs && isQuiet();
  const drivers = controllers.map((controller) => createDriver(controller, { ...context, isCalm }));
  const stir = () => {
    stirredAt = performance.now();
  };
  return {
    stir,
    nudge() {
      stir();
      for (const driver of drivers) driver.nudge();
    },
    async close() {
      await Promise.all(drivers.map((driver) => driver.close()));
      await Promise.all(controllers.map((controller) => controller.close()));
    },
  };
}

type DriverContext = Pick<LoopContext, 'journal' | 'now'> & { isCalm: () => boolean };

function createDriver(controller: Controller, { journal, now, isCalm }: DriverContext) {
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
      const everyMs = controller.isWatchful !== true && isCalm() ? calmTickEveryMs : tickEveryMs;
      // All at the same instant: one wake-up of the process costs more than most ticks.
      const timer = setTimeout(resolve, everyMs - (performance.now() % everyMs));
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
