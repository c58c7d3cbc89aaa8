import type { ComponentReadiness } from '@alwayson/protocol/stamp-health.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { stoppingReason } from '@alwayson/protocol/workload-environment.ts';

/** Fewer failures in a row than this are told as `degraded`: one refused connection is no outage. */
const failuresUntilUnhealthy = 3;
/** What was seen longer ago says nothing about now. */
const freshForMs = 30_000;
const reasonLengthMax = 200;

/** Told by a client of a store after each use; nothing is probed for it. */
export interface DependencyReporter {
  succeeded(): void;
  failed(reason: string): void;
}

export interface StoreView {
  state: State;
  reason?: string;
}

export interface Readiness {
  /**
   * A reporter for one way of using a store, such as ('database', 'write'). A store with several ways in use is as good
   * as the worst of them.
   */
  reporter(store: string, use?: string): DependencyReporter;
  /** For a store whose state is known all the time: `look` is asked with each report, and must answer from memory. */
  observe(store: string, look: () => StoreView): void;
  /** Says why this process must not get requests yet, or any more; null: it may. */
  block(reason: string | null): void;
  /** Not ready until the returned function is called; for what a process does before its first request. */
  hold(reason: string): () => void;
  /** From now on not ready, for good: the process is on its way out. */
  stop(): void;
  isStopping(): boolean;
  /** The body for the probe path. A store's trouble never makes the process unready: a shared outage evicts nobody. */
  report(): ComponentReadiness;
}

interface Use {
  store: string;
  use: string;
  failures: number;
  reason: string | undefined;
  seenAt: number | null;
}

/** What this process knows of its own fitness, kept in memory and answered without asking anybody. */
export function createReadiness(now: () => number = () => performance.now()): Readiness {
  const uses: Use[] = [];
  const looks: { store: string; look: () => StoreView }[] = [];
  const holds = new Set<string>();
  let blocked: string | null = null;
  let stopping = false;

  const dependencies = () => {
    const seen = uses
      .filter((use) => use.seenAt !== null)
      .map((use) => ({ store: use.store, view: toView(use, now()) }));
    const all = [...seen, ...looks.map(({ store, look }) => ({ store, view: look() }))];
    return [...Map.groupBy(all, ({ store }) => store)].map(([store, group]) => {
      const worst = group
        .map(({ view }) => view)
        .reduce((a, b) => (badness[b.state] > badness[a.state] ? b : a));
      return { store, ...worst };
    });
  };

  return {
    reporter(store, use = 'use') {
      const entry: Use = { store, use, failures: 0, reason: undefined, seenAt: null };
      uses.push(entry);
      return {
        succeeded() {
          entry.failures = 0;
          entry.reason = undefined;
          entry.seenAt = now();
        },
        failed(reason) {
          entry.failures += 1;
          entry.reason = reason.slice(0, reasonLengthMax);
          entry.seenAt = now();
        },
      };
    },
    observe(store, look) {
      looks.push({ store, look });
    },
    block(reason) {
      blocked = reason;
    },
    hold(reason) {
      holds.add(reason);
      return () => holds.delete(reason);
    },
    stop() {
      stopping = true;
    },
    isStopping: () => stopping,
    report() {
      const [held = blocked] = holds;
      const reason = stopping ? stoppingReason : held;
      return { ready: reason === null, ...(reason === null ? {} : { reason }), dependencies: dependencies() };
    },
  };
}

const badness: Record<State, number> = { unknown: 0, healthy: 1, degraded: 2, unhealthy: 3 };

function toView(use: Use, at: number): StoreView {
  if (use.seenAt === null || at - use.seenAt > freshForMs) return { state: 'unknown' };
  if (use.failures === 0) return { state: 'healthy' };
  const state = use.failures < failuresUntilUnhealthy ? 'degraded' : 'unhealthy';
  return { state, ...(use.reason === undefined ? {} : { reason: `${use.use}: ${use.reason}` }) };
}
