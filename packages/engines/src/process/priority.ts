import { readdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * A process that leads a session of its own gets processor time where nobody else wants it, and so does all that it starts. The kernel
 * may share time between sessions first and only then between their processes, so both are told. Where that cannot be told it runs
 * like any other.
 */
export function giveWay(pid: number): void {
  lower(pid, constants.priority.PRIORITY_LOW);
}

/** As `giveWay`, for what serves, but nobody who counts: it gets a tenth of what each session beside it gets. */
export function standBehind(pid: number): void {
  lower(pid, constants.priority.PRIORITY_BELOW_NORMAL);
}

function lower(pid: number, priority: number): void {
  attempt(() => setPriority(pid, priority));
  attempt(() => writeFileSync(`/proc/${pid}/autogroup`, `${priority}`));
}

/** A process, and all that it starts from now on, after those beside it in the same session. */
export function goLast(pid: number): void {
  attempt(() => setPriority(pid, constants.priority.PRIORITY_LOW));
}

/**
 * A process before those beside it in the same session, with all that it starts: for what needs little time, but at once. Only root may
 * give that; for others, and where a container forbids it, nothing is done.
 */
export function goFirst(pid: number): void {
  attempt(() => setPriority(pid, constants.priority.PRIORITY_ABOVE_NORMAL));
}

/** A tenth of the time of those beside it in the same session, and enough to get somewhere. */
const startingPriority = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * A process that has just begun starts beside others, not before them: starting takes seconds of processor time that those who
 * serve need. Only root may give the time back (`takeTurn`); for others nothing is done.
 */
export function startAside(pid: number): void {
  if (process.getuid?.() === 0) attempt(() => setPriority(pid, Math.max(getPriority(), startingPriority)));
}

/** It has started, and runs like the caller from now on: every thread of it, because each has its own priority. */
export function takeTurn(pid: number): void {
  if (process.getuid?.() !== 0) return;
  attempt(() => {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      attempt(() => setPriority(Number(thread), getPriority()));
  });
}

function attempt(tell: () => void): void {
  try {
    tell();
  } catch {
    // It has ended, or this kernel has no such means.
  }
}
