import { readdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { sandboxNice } from '@alwayson/protocol/sandbox-priority.ts';
import { readProc } from './identity.ts';

/**
 * A process that leads a session of its own gets processor time where nobody else wants it, and so does all that it starts. The kernel
 * may share time between sessions first and only then between their processes, so both are told. Where that cannot be told it runs
 * like any other.
 */
export function giveWay(pid: number): void {
  const { PRIORITY_LOW: session } = constants.priority;
  lower(pid, { session, process: session });
}

/** As `giveWay`, for a sandbox. */
export function standBehind(pid: number): void {
  lower(pid, sandboxNice);
}

function lower(pid: number, nice: { session: number; process: number }): void {
  attempt(() => setPriority(pid, nice.process));
  attempt(() => writeFileSync(`/proc/${pid}/autogroup`, `${nice.session}`));
}

/** A process, and all that it starts from now on, after those beside it in the same session. */
export function goLast(pid: number): void {
  attempt(() => setPriority(pid, constants.priority.PRIORITY_LOW));
}

/**
 * A process before those beside it in the same session, with all that it starts: for what needs little time, but at once. Where that
 * is not allowed (`mayRaise`) nothing is done.
 */
export function goFirst(pid: number): void {
  attempt(() => setPriority(pid, beside(leadingNice)));
}

const leadingNice = constants.priority.PRIORITY_ABOVE_NORMAL;
/** Of this process, before it took the lead. */
let baseNice: number | undefined;

/**
 * This process goes first, and those that it starts do not, unless they are told to. `session`: the session that it leads does, too, among
 * the others: what decides for all must not wait for a zone that is busy.
 */
export function takeLead({ session = false } = {}): void {
  baseNice ??= getPriority();
  goFirst(process.pid);
  if (session) attempt(() => writeFileSync('/proc/self/autogroup', `${beside(leadingNice)}`));
}

/** A process that this one has just started, like any other, whatever priority this one has. */
export function goBeside(pid: number): void {
  if (baseNice !== undefined) attempt(() => setPriority(pid, beside(0)));
}

/** Relative to what this process was given: an environment that stands behind as a whole has the same order among its own. */
function beside(nice: number): number {
  const { PRIORITY_HIGHEST, PRIORITY_LOW } = constants.priority;
  return Math.min(Math.max((baseNice ?? getPriority()) + nice, PRIORITY_HIGHEST), PRIORITY_LOW);
}

/**
 * A third of the time of those beside it in the same session, and a fifteenth of who goes first. What a stamp's components do is worth nothing without
 * the database, its doors and who keeps them all, and on a full machine a writer that waits for a core keeps every write of every stamp waiting.
 */
const servingNice = 5;
/** A tenth of those who serve, and enough to get somewhere. */
const startingNice = 15;

/**
 * A component that has just begun starts beside others, not before them: starting takes seconds of processor time that those who
 * serve need. Who may not give the time back (`takeTurn`) lets it have its turn at once.
 */
export function startAside(pid: number): void {
  const nice = mayRaise() ? startingNice : servingNice;
  attempt(() => setPriority(pid, beside(nice)));
}

/** CAP_SYS_NICE of capabilities(7): root has it, but not in every container. */
const mayRaiseBit = 1n << 23n;

/** Whether this process may put another one, or itself, forward. */
export function mayRaise(): boolean {
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(readProc('/proc/self/status') ?? '')?.[1];
  return held !== undefined && (BigInt(`0x${held}`) & mayRaiseBit) !== 0n;
}

/** It serves from now on: every thread of it, because each has its own priority. */
export function takeTurn(pid: number): void {
  attempt(() => {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      attempt(() => setPriority(Number(thread), beside(servingNice)));
  });
}

function attempt(tell: () => void): void {
  try {
    tell();
  } catch {
    // It has ended, or this kernel has no such means.
  }
}
