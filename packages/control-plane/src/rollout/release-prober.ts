import { gatewayZone, toRegions } from '@alwayson/core/estate/topology.ts';
import { createProbeTally, type ProbeTally, type ProberState } from '@alwayson/core/rollout/probe-tally.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import {
  createProbeConnections,
  type Door,
  type ProbeConnections,
  type ProbeQuestion,
} from './probe-connections.ts';

export interface ReleaseProber {
  /** Begins, or goes on from what was kept. Nothing changes while it runs. */
  start(kept: ProberState | null): void;
  /** What it saw so far; null while it does not run. Whoever keeps it each second will see no time away. */
  state(): ProberState | null;
  /** What it saw in the end; null when it did not run. */
  stop(): ProberState | null;
}

export interface ReleaseProberOptions {
  environment: Environment;
  flows: Manifest['flows'];
  now: () => number;
}

const everyMs = 50;
const timeoutMs = 2000;
/** A timer that is later than this was held up by ourselves. */
const lateMs = 25;
/** Held up for longer than this, we did not run. */
const awayMs = 1000;

/**
 * Asks twenty times a second for as long as a release is on its way, whether or not what it asked before was answered: high-criticality
 * user flows, at the front door and at every gateway in turn, half over kept connections and half over new ones. Gateways count it
 * apart from users.
 */
export function createReleaseProber({ environment, flows, now }: ReleaseProberOptions): ReleaseProber {
  const frontDoor = toDoor(environment.frontDoor.url);
  const questions = listQuestions([frontDoor, ...listGatewayDoors(environment)], listPaths(flows));
  const clock = createOwnClock();
  let run: { tally: ProbeTally; connections: ProbeConnections; timer: NodeJS.Timeout | undefined } | null =
    null;
  let turn = 0;

  const look = () => {
    const heldUpMs = clock.noteHeldUp();
    if (heldUpMs >= awayMs) run?.tally.wasAway(heldUpMs);
  };

  const ask = async (question: ProbeQuestion, own: NonNullable<typeof run>) => {
    const sentAt = clock.now();
    own.tally.sent(sentAt);
    let outcome = await own.connections.ask(question);
    // A user would be sent to another gateway.
    if (outcome.refused && question.door !== frontDoor)
      outcome = await own.connections.ask({ ...question, door: frontDoor, kept: false });
    if (run !== own) return;
    look();
    const at = clock.now();
    const { failure } = outcome;
    own.tally.answered({ path: question.path, at: now(), latencyMs: at - sentAt, failure }, at);
  };

  const next = () => {
    look();
    const question = questions[turn % questions.length];
    turn += 1;
    if (question === undefined || run === null) return;
    void ask(question, run);
    run.timer = setTimeout(next, clock.waitMs(everyMs));
  };

  const state = () => {
    look();
    return run?.tally.state(now(), clock.now()) ?? null;
  };

  return {
    start(kept) {
      if (run !== null) return;
      const connections = createProbeConnections(environment, timeoutMs);
      run = { tally: createProbeTally(kept, now()), connections, timer: undefined };
      clock.begin();
      next();
    },
    state,
    stop() {
      const last = state();
      clearTimeout(run?.timer);
      run?.connections.close();
      run = null;
      return last;
    },
  };
}

/** Stands still while something held up this process: what came late then says nothing of the gateways. */
function createOwnClock() {
  let dueAt = Number.POSITIVE_INFINITY;
  let heldUpMs = 0;
  return {
    begin() {
      dueAt = performance.now();
    },
    now: () => performance.now() - heldUpMs,
    /** How late our timer is, when it is. */
    noteHeldUp(): number {
      const late = performance.now() - dueAt;
      if (late < lateMs) return 0;
      heldUpMs += late;
      dueAt += late;
      return late;
    },
    /** Until the next is due. */
    waitMs(intervalMs: number): number {
      dueAt += intervalMs;
      return Math.max(0, dueAt - performance.now());
    },
  };
}

/** Of high-criticality user flows; where none of them has a probe, of all that have one. */
function listPaths(flows: Manifest['flows']): string[] {
  const probed = flows.flatMap((flow) =>
    flow.probe?.path === undefined ? [] : [{ ...flow, path: flow.probe.path }],
  );
  const first = probed.filter(({ kind, criticality }) => kind === 'user' && criticality === 'high');
  return [...new Set((first.length > 0 ? first : probed).map(({ path }) => path))];
}

function listGatewayDoors(environment: Environment): Door[] {
  const { port } = environment.frontDoor;
  return toRegions(environment).map((region) => ({ host: gatewayZone(region).address, port }));
}

function toDoor(url: string): Door {
  const { hostname, port } = new URL(url);
  return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: Number(port || 80) };
}

function listQuestions(doors: readonly Door[], paths: readonly string[]): ProbeQuestion[] {
  return doors.flatMap((door) =>
    paths.flatMap((path) => [true, false].map((kept): ProbeQuestion => ({ door, path, kept }))),
  );
}
