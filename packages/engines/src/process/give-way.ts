import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * A process that leads a session of its own gets processor time where nobody else wants it, and so does all that it starts. The kernel
 * may share time between sessions first and only then between their processes, so both are told. Where that cannot be told it runs
 * like any other.
 */
export function giveWay(pid: number): void {
  const priority = constants.priority.PRIORITY_LOW;
  attempt(() => setPriority(pid, priority));
  attempt(() => writeFileSync(`/proc/${pid}/autogroup`, `${priority}`));
}

function attempt(tell: () => void): void {
  try {
    tell();
  } catch {
    // It has ended, or this kernel has no such means.
  }
}
