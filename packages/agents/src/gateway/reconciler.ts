import { setTimeout as sleep } from 'node:timers/promises';
import { type SharePlan, planShares } from '@alwayson/engines/haproxy/gateway-shares.ts';
import type { ReplacedProcess } from '@alwayson/engines/haproxy/haproxy-master.ts';
import type { HaproxyInfo, HaproxyRuntime } from '@alwayson/engines/haproxy/runtime.ts';
import type { HaproxyServer } from '@alwayson/engines/haproxy/server-statistics.ts';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { type GatewayFiles, poolMapName } from './gateway-files.ts';

export interface ReconcilerOptions {
  region: string;
  runtime: HaproxyRuntime;
  files: GatewayFiles;
  /** Processes that a reload replaced and that still have clients. */
  listReplaced: () => Promise<ReplacedProcess[]>;
  /** Asks HAProxy's master to read its file again (SIGUSR2). */
  signalReload: () => Promise<void>;
  log: AgentLog;
}

/** What HAProxy was seen to run at the last look. */
export interface GatewayView {
  /** Null when HAProxy does not answer. */
  info: HaproxyInfo | null;
  servers: readonly HaproxyServer[];
  /** Flow, or `*`, to the pool that serves it. */
  poolMap: ReadonlyMap<string, string>;
  /** Null when HAProxy's master does not answer. */
  replaced: readonly ReplacedProcess[] | null;
  inForce: boolean;
  reason: string | null;
  reloads: number;
  seenAtMs: number;
}

interface Target {
  record: RouteRecord;
  structure: string;
  sinceMs: number;
}

export interface Reconciler {
  readonly view: GatewayView;
  setTarget(record: RouteRecord, structure: string): void;
  /** One look at HAProxy and one step towards the target. Steps never overlap. */
  step(): Promise<void>;
  /** Steps until the target is in force, HAProxy turns out not to run, or the time is over. */
  converge(withinMs: number): Promise<void>;
}

/** Old processes finish their clients beside the new one, so reloads must not come in close order. */
const reloadSpacingMs = 5000;
const reloadWaitMs = 5000;
const unseen = { info: null, servers: [], poolMap: new Map<string, string>() } as const;
const firstView: GatewayView = {
  ...unseen,
  replaced: null,
  inForce: false,
  reason: null,
  reloads: 0,
  seenAtMs: 0,
};

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { region, runtime, files, signalReload, log } = options;
  let target: Target | null = null;
  let reloadedAtMs = -Infinity;
  let view = firstView;
  let last: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const seen = await lookAtHaproxy(options);
    // Told before the step is over: a report may be made from it meanwhile.
    view = { ...view, ...seen, inForce: view.inForce && seen.info !== null, seenAtMs: Date.now() };
  };

  /** Requests end within the request timeout, so a stamp that goes off is not waited for longer than that. */
  const plan = ({ record, sinceMs }: Target): SharePlan => {
    const force = Date.now() - sinceMs > record.limits.requestTimeoutMs;
    const { servers, poolMap } = view;
    return planShares(servers, { record, region, poolMap, mapFile: poolMapName, force });
  };

  /** True when HAProxy runs the new file. Whatever it did, the state file is of no use afterwards. */
  const reload = async ({ record, structure }: Target): Promise<boolean> => {
    reloadedAtMs = Date.now();
    await files.carryState(record, await runtime.showServersState());
    try {
      await signalReload();
      view = { ...view, reloads: view.reloads + 1 };
      while (Date.now() - reloadedAtMs < reloadWaitMs) {
        await sleep(50);
        await look();
        const running = view.info?.description;
        // A newer record may have replaced the file before HAProxy read it.
        if (running === structure || (running !== undefined && running === target?.structure)) return true;
      }
      return false;
    } finally {
      await files.forgetState();
    }
  };

  const act = async (aim: Target): Promise<string | null> => {
    await look();
    if (view.info === null) return 'HAProxy does not answer at its admin socket; it starts from haproxy.cfg.';
    const { commands } = plan(aim);
    if (commands.length > 0) {
      await runtime.apply(commands);
      log('shares applied', { generation: aim.record.generation, commands: commands.length });
      await look();
    }
    if (view.info?.description !== aim.structure) {
      const waitMs = reloadedAtMs + reloadSpacingMs - Date.now();
      if (waitMs > 0) return `The next reload is due in ${waitMs} ms.`;
      const done = await reload(aim);
      log(done ? 'reloaded' : 'reload failed', { generation: aim.record.generation, reloads: view.reloads });
      if (!done) return 'HAProxy did not take the new file; see the log of the gateway.';
    }
    return describeRest(plan(aim));
  };

  const step = async (): Promise<void> => {
    const aim = target;
    if (aim === null) {
      await look();
      view = { ...view, inForce: false, reason: 'No route record yet.' };
      return;
    }
    const reason = await act(aim).catch((error: unknown) => {
      if (!isAlwaysOnError(error)) throw error;
      return error.message;
    });
    view = { ...view, inForce: reason === null && aim === target, reason };
  };

  const steps = (): Promise<void> => {
    const next = last.then(step);
    last = next.catch(() => {});
    return next;
  };

  return {
    get view() {
      return view;
    },
    setTarget(record, structure) {
      target = { record, structure, sinceMs: Date.now() };
      view = { ...view, inForce: false, reason: 'The record is being applied.' };
    },
    step: steps,
    async converge(withinMs) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        await steps();
        if (view.inForce || view.info === null || Date.now() >= deadline) return;
        await sleep(100);
      }
    },
  };
}

/** What HAProxy and its master say of themselves; nothing, when they do not answer. */
async function lookAtHaproxy({ runtime, listReplaced }: ReconcilerOptions) {
  const [seen, replaced] = await Promise.all([
    runtime.look(poolMapName).then(
      ({ info, servers, map }) => ({ info, servers, poolMap: map }),
      () => unseen,
    ),
    listReplaced().catch(() => null),
  ]);
  return { ...seen, replaced };
}

function describeRest({ commands, finishing, missing }: SharePlan): string | null {
  if (missing.length > 0) return `HAProxy lacks ${missing.join(', ')}.`;
  if (commands.length > 0) return `Not yet in force: ${commands.join('; ')}.`;
  return finishing.length > 0 ? `Requests are ending at ${[...new Set(finishing)].join(', ')}.` : null;
}
