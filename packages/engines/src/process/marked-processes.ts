import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { identify, isRunning, type ProcessIdentity, readProc, signalProcess } from './identity.ts';

/**
 * How processes that belong together are found again, whoever their parent is by now. Two traces, because each alone has
 * holes: PostgreSQL and Redis overwrite their environment with their title, and PostgreSQL's backends leave their process
 * group; but files that they inherited open stay so.
 */
export interface ProcessMark {
  variable: string;
  /** The variable's value; values below it (`value/...`) count too. */
  value: string;
  /** Processes count too that have a file whose path begins so as standard output, standard error or descriptor 3. */
  holds?: string;
}

const killDeadlineMs = 10_000;

/** All living processes that carry the mark, except this one. Reads /proc once: about 10 ms for 200 processes. */
export function findMarked(mark: ProcessMark): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !isMarked(pid, mark)) continue;
    const identity = identify(pid);
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

/** Its files are looked at only when its environment tells nothing: they are most of the work, and a fence waits for it. */
function isMarked(pid: number, { variable, value, holds }: ProcessMark): boolean {
  const entry = `\0${variable}=`;
  const environ = `\0${readProc(`/proc/${pid}/environ`) ?? ''}\0`;
  const at = environ.indexOf(entry);
  if (at === -1) return holds !== undefined && holdsFile(pid, holds);
  return ['\0', '/'].some((end) => environ.startsWith(`${value}${end}`, at + entry.length));
}

/**
 * SIGKILLs what carries the mark, and `also`, until nothing of it is left: what is forked meanwhile is found by the next
 * look. Throws AON_TIMEOUT when something is still there after 10 s (a process that the kernel cannot end).
 */
export async function killMarked(mark: ProcessMark, also?: ProcessIdentity): Promise<void> {
  const deadline = performance.now() + killDeadlineMs;
  for (;;) {
    const found = findMarked(mark);
    if (also !== undefined && isRunning(also)) found.push(also);
    if (found.length === 0) return;
    for (const identity of found) signalProcess(identity, 'SIGKILL');
    await waitUntilGone(found, deadline);
  }
}

async function waitUntilGone(processes: readonly ProcessIdentity[], deadline: number): Promise<void> {
  let pauseMs = 1;
  while (processes.some(isRunning)) {
    if (performance.now() > deadline) {
      const pids = processes.filter(isRunning).map(({ pid }) => pid);
      throw new AlwaysOnError('AON_TIMEOUT', `SIGKILL did not end process ${pids.join(', ')}.`);
    }
    await sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, 50);
  }
}

function holdsFile(pid: number, path: string): boolean {
  return [1, 2, 3].some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(path);
    } catch {
      return false; // gone, closed, or not ours to look at
    }
  });
}
