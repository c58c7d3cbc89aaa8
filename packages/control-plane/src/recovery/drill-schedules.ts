import { decideDrill } from '@alwayson/core/drill/decide-drill.ts';
import type { DrillSchedule, DrillScheduleRequest } from '@alwayson/protocol/drills.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { RecoveryMode } from '@alwayson/protocol/recovery.ts';
import { Cron } from 'croner';
import { z } from 'zod';
import type { Controller, ControllerContext } from '../controller.ts';
import type { DrillProcess } from './drill-process.ts';

const recordName = 'drill-schedules';
const Kept = z.object({
  schedules: z.array(
    z.object({
      mode: RecoveryMode,
      cron: z.string(),
      owner: z.string(),
      /** Unix ms: its moments up to here were dealt with. */
      seenTo: z.number(),
    }),
  ),
});
type Kept = z.infer<typeof Kept>;

/** When drills are to begin by themselves. */
export interface DrillSchedules {
  list(): DrillSchedule[];
  /** One for each mode; null ends it. Throws AON_USAGE for a moment that never comes, and in a sandbox. */
  set(request: DrillScheduleRequest): DrillSchedule[];
}

export interface DrillSchedulesContext
  extends Pick<ControllerContext, 'environment' | 'records' | 'journal' | 'now'> {
  isBroughtUp: () => boolean;
  /** Something is moving the database: a drill would measure that too. */
  isOtherwiseBusy: () => boolean;
  start: (mode: RecoveryMode, owner: string) => DrillProcess;
}

/** Begins drills at their time. Each is a process of its own, which outlives the control plane and files what it measured. */
export function createDrillSchedules(context: DrillSchedulesContext): DrillSchedules & Controller {
  const { environment, records, journal, isBroughtUp, isOtherwiseBusy, now } = context;
  const read = () => records.read(recordName, Kept, { schedules: [] });
  let running: DrillProcess | null = null;

  const change = (decide: (schedules: Kept['schedules']) => Kept['schedules']) => {
    const { version, value } = read();
    records.commit(recordName, version, { schedules: decide(value.schedules) });
  };
  const markSeen = (mode: RecoveryMode) =>
    change((all) => all.map((one) => (one.mode === mode ? { ...one, seenTo: now() } : one)));
  const list = () =>
    read().value.schedules.map(({ seenTo, ...schedule }) => ({
      ...schedule,
      nextAt: new Date(toDueAt(schedule.cron, Math.max(seenTo, now()))).toISOString(),
    }));
  const tell = (severity: 'info' | 'warning', type: string, message: string) =>
    journal.event({ severity, type, entity: 'recovery', message });
  const begin = (mode: RecoveryMode, owner: string) => {
    tell('info', 'drill.started', `A drill (${mode}) begins, as ${owner} has scheduled it.`);
    const begun = context.start(mode, owner);
    running = begun;
    void begun.ended.then((failure) => {
      running = null;
      if (failure !== null) tell('warning', 'drill.ended', `The scheduled drill (${mode}) ended: ${failure}`);
    });
  };

  return {
    name: 'drills',
    list,
    set({ mode, cron, owner }) {
      if (cron !== null) assertPossible(cron, environment.type, now());
      const added = cron === null ? [] : [{ mode, cron, owner, seenTo: now() }];
      change((all) => [...all.filter((one) => one.mode !== mode), ...added]);
      return list();
    },
    async tick() {
      if (!isBroughtUp() || environment.type !== 'production') return;
      for (const { mode, cron, owner, seenTo } of read().value.schedules) {
        const isBusy = running !== null || isOtherwiseBusy();
        const decided = decideDrill({ dueAt: toDueAt(cron, seenTo), now: now(), isBusy });
        if (decided === 'wait') continue;
        // Before it begins: whoever dies in between has left one out, and begun none twice.
        markSeen(mode);
        if (decided === 'run') begin(mode, owner);
      }
    },
    async close() {
      running?.stop();
    },
  };
}

function toDueAt(cron: string, after: number): number {
  return new Cron(cron, { paused: true }).nextRun(new Date(after))?.getTime() ?? Infinity;
}

function assertPossible(cron: string, type: string, now: number): void {
  if (type !== 'production')
    throw new AlwaysOnError('AON_USAGE', 'A sandbox rehearses nothing by itself.', {
      hint: 'Schedule drills where they protect something: in an environment of type production.',
    });
  const hint = "Minute, hour, day of the month, month, day of the week: '0 3 * * 0' is Sundays at three.";
  try {
    if (Number.isFinite(toDueAt(cron, now))) return;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AlwaysOnError('AON_USAGE', `"${cron}" is not a schedule: ${why}`, { cause, hint });
  }
  throw new AlwaysOnError('AON_USAGE', `"${cron}" never comes.`, { hint });
}
