import { randomUUID } from 'node:crypto';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { applySwitches } from '@alwayson/core/switches/apply-switches.ts';
import { findShortfalls, type Shortfall } from '@alwayson/core/switches/can-carry.ts';
import { endSwitch, setSwitch } from '@alwayson/core/switches/change-switches.ts';
import { isInside } from '@alwayson/core/switches/switch-scope.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type {
  Switch,
  SwitchAnswer,
  SwitchEndRequest,
  SwitchRequest,
  SwitchTarget,
} from '@alwayson/protocol/switches.ts';
import type { ControllerContext } from '../controller.ts';
import type { OperationHandle } from '../operations/journal.ts';
import type { SqliteJournal } from '../operations/sqlite-journal.ts';
import { awaitInForce, type InForceSources } from './await-in-force.ts';
import {
  describeRepeat,
  describeShortfalls,
  describeSwitch,
  describeTarget,
  titleOfEnd,
  titleOfSwitch,
} from './describe-switch.ts';
import { resolveSwitchTarget } from './resolve-switch-target.ts';
import { type LoadSources, observeLoad } from './stamp-load.ts';
import { commitSwitches, readSwitches } from './switch-record.ts';
import type { SwitchesController } from './switches-controller.ts';

const steps = ['commit record', 'in force in every gateway'] as const;

export interface SwitchBoardContext extends ControllerContext, InForceSources, LoadSources {
  journal: SqliteJournal;
  switches: SwitchesController;
  /** Those that are meant to carry the load. */
  stamps: () => readonly StampPlan[];
  /** Makes the controllers look at once. */
  nudge: () => void;
}

/** Where operators set switches and end them: guarded, journaled, read back from the gateways. */
export interface SwitchBoard {
  list(): readonly Switch[];
  /** Throws AON_CAPACITY when what remains could not carry the load, AON_NOT_FOUND, AON_USAGE. Answers once it is committed. */
  set(request: SwitchRequest): Promise<SwitchAnswer>;
  end(request: SwitchEndRequest): Promise<SwitchAnswer>;
}

/** A change that is decided and not yet made. */
interface PlannedChange {
  title: string;
  target: SwitchTarget;
  version: number;
  from: readonly Switch[];
  next: readonly Switch[];
  /** Told with the operation and the event. */
  data: { switch: Switch; shortfalls?: readonly Shortfall[]; endedBy?: string; reason?: string };
  event: { type: string; message: string };
}

export function createSwitchBoard(context: SwitchBoardContext): SwitchBoard {
  const { switches, records, now } = context;
  /** The record as it is now, without what ended meanwhile. Nothing comes between this and the commit: both are in one turn. */
  const read = () => {
    switches.sweep();
    return readSwitches(records);
  };
  return {
    list: switches.list,
    async set(request) {
      const target = resolveSwitchTarget(request.target, switches.estate());
      assertSensible(request, target, now());
      const { version, value } = read();
      const wanted = toSwitch(request, target, now());
      const { next, before } = setSwitch(value, wanted);
      if (next === value && before !== undefined) return toAnswer(context, describeRepeat(before));
      const shortfalls = judge(context, { from: value, next });
      if (shortfalls.length > 0) assertMayOverride(request, target, shortfalls);
      const changed = next.find(({ id }) => id === (before?.id ?? wanted.id)) ?? wanted;
      return carryOut(context, {
        title: titleOfSwitch(wanted),
        target,
        version,
        from: value,
        next,
        data: { switch: changed, ...(shortfalls.length > 0 ? { shortfalls } : {}) },
        event: { type: 'switch.set', message: describeSwitch(changed) },
      });
    },
    async end({ target: named, ends, owner, reason }) {
      const target = resolveSwitchTarget(named, switches.estate());
      const { version, value } = read();
      const { next, before } = endSwitch(value, target, ends);
      const rest = describeRest(context, target, next);
      if (before === undefined) {
        const condition = ends === 'maintenance' ? 'not under maintenance' : 'neither off nor draining';
        return toAnswer(context, `Nothing to do: ${describeTarget(target)} is ${condition}.${rest}`);
      }
      const why = reason === undefined ? '' : `: ${reason}`;
      const end = ends === 'maintenance' ? 'is no longer under maintenance' : 'is back';
      const message = `${describeTarget(target)} ${end}, by ${owner}${why}.${rest}`;
      const data = { switch: before, endedBy: owner, ...(reason === undefined ? {} : { reason }) };
      const event = { type: 'switch.ended', message };
      return carryOut(context, {
        title: titleOfEnd(before),
        target,
        version,
        from: value,
        next,
        data,
        event,
      });
    },
  };
}

function toSwitch(request: SwitchRequest, target: SwitchTarget, nowMs: number): Switch {
  const { action, reason, owner, until, override } = request;
  return {
    id: `switch-${randomUUID().slice(0, 8)}`,
    target,
    action,
    reason,
    owner,
    since: new Date(nowMs).toISOString(),
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(override ? { override } : {}),
  };
}

function assertSensible({ action, until }: SwitchRequest, target: SwitchTarget, nowMs: number): void {
  if (target.kind === 'workload' && action !== 'maintenance') {
    throw new AlwaysOnError('AON_USAGE', 'The whole workload cannot be taken off.', {
      hint: './alwayson down stops it; ./alwayson maintenance start marks it.',
    });
  }
  if (until !== undefined && Date.parse(until) <= nowMs)
    throw new AlwaysOnError('AON_USAGE', `The end of the switch, ${until}, is not in the future.`);
}

/** What would be missing after the change; empty when what remains carries the load. */
function judge(
  context: SwitchBoardContext,
  change: { from: readonly Switch[]; next: readonly Switch[] },
): Shortfall[] {
  const { stamps, demand } = observeLoad(context, context.stamps());
  const ready = (list: readonly Switch[]) => {
    const state = applySwitches(list, context.switches.estate(), context.now());
    return new Set([...state.stamps].filter(([, stamp]) => stamp.state === 'ready').map(([id]) => id));
  };
  return findShortfalls(stamps, demand, { before: ready(change.from), after: ready(change.next) });
}

function assertMayOverride(
  { override }: SwitchRequest,
  target: SwitchTarget,
  shortfalls: readonly Shortfall[],
): void {
  const message = describeShortfalls(target, shortfalls);
  if (shortfalls.some(({ kind }) => kind === 'none-left')) {
    const hint =
      'Put another stamp back first (./alwayson switches): gateways never run without one, not even with --override. ./alwayson down stops all.';
    throw new AlwaysOnError('AON_CAPACITY', message, { hint });
  }
  if (!override) throw new AlwaysOnError('AON_CAPACITY', message);
}

/** Journals the change, commits it, and answers; the operation goes on until the gateways have it in force. */
async function carryOut(context: SwitchBoardContext, plan: PlannedChange): Promise<SwitchAnswer> {
  const { journal, records, nudge, now } = context;
  const { title, target, data, event } = plan;
  const moved = findMoved(context, plan);
  const handle = journal.begin({ kind: 'switch', title, steps });
  try {
    await handle.step('commit record', async () => commitSwitches(records, plan, now()));
  } catch (error) {
    handle.fail(error);
    throw error;
  }
  const common = { entity: target.name, operation: handle.id, data };
  journal.event({ severity: 'info', ...event, ...common });
  if (data.shortfalls !== undefined) {
    const message = `${title} was done with --override. ${describeShortfalls(target, data.shortfalls)}`;
    journal.event({ severity: 'warning', type: 'switch.overridden', message, ...common });
  }
  nudge();
  // A journal that cannot be written is met by every controller too; the next start ends the operation.
  void confirm(context, handle, { moved, data }).catch(() => undefined);
  return toAnswer(context, event.message, handle.id);
}

async function confirm(
  context: SwitchBoardContext,
  handle: OperationHandle,
  { moved, data }: { moved: readonly string[]; data: PlannedChange['data'] },
): Promise<void> {
  try {
    // A mark alone moves no traffic: no gateway has to know.
    const unconfirmedGateways =
      moved.length === 0
        ? []
        : await handle.step('in force in every gateway', (tell) => awaitInForce(context, moved, tell));
    handle.succeed({ ...data, unconfirmedGateways });
  } catch (error) {
    handle.fail(error);
  }
}

/** The stamps for which the change makes a difference. */
function findMoved({ switches, now }: SwitchBoardContext, { from, next }: PlannedChange): string[] {
  const [was, will] = [from, next].map((list) => applySwitches(list, switches.estate(), now()).stamps);
  return [...(was ?? [])].filter(([id, { state }]) => will?.get(id)?.state !== state).map(([id]) => id);
}

/** What still keeps stamps inside the target out of use; empty when nothing does. */
function describeRest(
  { switches, now }: SwitchBoardContext,
  target: SwitchTarget,
  list: readonly Switch[],
): string {
  const estate = switches.estate();
  const { stamps } = applySwitches(list, estate, now());
  const inside = estate.stamps.filter((stamp) => isInside(stamp, target));
  const rest = new Set(inside.flatMap(({ id }) => stamps.get(id)?.by ?? []));
  return rest.size === 0 ? '' : ` Still in force: ${[...rest].map(describeSwitch).join(' ')}`;
}

function toAnswer(
  { journal, switches }: SwitchBoardContext,
  message: string,
  operation?: string,
): SwitchAnswer {
  const changed = operation !== undefined;
  return {
    changed,
    message,
    operation: changed ? journal.operation(operation) : null,
    switches: [...switches.list()],
  };
}
