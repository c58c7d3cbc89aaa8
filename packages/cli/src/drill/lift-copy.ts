import { readdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { sandboxNice } from '@alwayson/protocol/sandbox-priority.ts';
import { findEnvironmentProcesses } from '../environment/process-table.ts';

/**
 * For the length of `work` the processes of an environment are served like any others, so that it takes as long as it would in production;
 * sandboxes stand behind before and afterwards. Only root may do that: without it, the figures are those of a machine that gives less.
 */
export async function lifted<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  shift(stateDir, { session: constants.priority.PRIORITY_NORMAL, by: -sandboxNice.process });
  try {
    return await work();
  } finally {
    shift(stateDir, { session: sandboxNice.session, by: sandboxNice.process });
  }
}

/**
 * The kernel may share time between sessions first and only then between their threads, so both are told. Threads keep their order: some of an
 * environment go before others.
 */
function shift(stateDir: string, { session, by }: { session: number; by: number }): void {
  for (const { pid } of findEnvironmentProcesses(stateDir)) {
    attempt(() => writeFileSync(`/proc/${pid}/autogroup`, `${session}`));
    attempt(() => {
      for (const thread of readdirSync(`/proc/${pid}/task`))
        attempt(() => setPriority(Number(thread), getPriority(Number(thread)) + by));
    });
  }
}

function attempt(tell: () => void): void {
  try {
    tell();
  } catch {
    // It has ended, or this kernel has no such means.
  }
}
