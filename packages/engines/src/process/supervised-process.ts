import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { openLog } from './bounded-log.ts';
import { identify, isRunning, type ProcessIdentity, signalProcess } from './identity.ts';
import { killMarked, type ProcessMark } from './marked-processes.ts';
import { goBeside } from './priority.ts';
import type { SystemUser } from './system-user.ts';

/** Null for both: an adopted process, whose exit status only its parent would have learnt. */
export interface ProcessExit {
  code: number | null;
  signal: string | null;
}

export interface SupervisedProcess {
  identity: ProcessIdentity;
  /** Never rejects. */
  exited: Promise<ProcessExit>;
}

export interface SpawnRequest {
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Runs as this user, without supplementary groups; as the caller's own user when absent. */
  user?: SystemUser;
  logFile: string;
  /** Gives it a session and process group of its own; otherwise it shares the caller's. */
  detached?: boolean;
}

const adoptedPollMs = 200;

/**
 * Starts a process whose standard output and error append to the log file itself, not to a pipe: it goes on logging, and
 * living, when the caller dies. Throws AON_UNIT_START_FAILED when it cannot be executed.
 */
export async function spawnProcess(request: SpawnRequest): Promise<SupervisedProcess> {
  const [program = '', ...args] = request.command;
  const log = openLog(request.logFile, request.user);
  try {
    const child = spawn(program, args, {
      cwd: request.cwd,
      env: request.env,
      stdio: ['ignore', log, log],
      detached: request.detached ?? false,
      ...(request.user === undefined ? {} : { uid: request.user.uid, gid: request.user.gid }),
    });
    const failed = new Promise<Error>((resolve) => child.once('error', resolve));
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    if (child.pid === undefined) {
      const cause = await failed;
      throw new AlwaysOnError('AON_UNIT_START_FAILED', `${program} cannot be run: ${cause.message}.`, {
        cause,
      });
    }
    goBeside(child.pid);
    // It cannot be missing: even a process that ended at once stays in /proc until its exit is collected, in a later turn.
    const startTime = identify(child.pid)?.startTime ?? '';
    return { identity: { pid: child.pid, startTime }, exited };
  } finally {
    closeSync(log);
  }
}

/** Watches over a process that another life of the caller started. Its exit is noticed within about 200 ms. */
export function adoptProcess(identity: ProcessIdentity): SupervisedProcess {
  const exited = new Promise<ProcessExit>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return;
      clearInterval(timer);
      resolve({ code: null, signal: null });
    }, adoptedPollMs);
  });
  return { identity, exited };
}

export interface StopRequest {
  signal: NodeJS.Signals;
  /** How long it may take to end by itself; SIGKILL then. */
  deadlineMs: number;
  /** Everything that belongs to it. */
  mark: ProcessMark;
}

/** Ends a process gracefully, and all that belongs to it in any case. When this resolves, nothing of it is left. */
export async function stopProcess(process: SupervisedProcess, request: StopRequest): Promise<void> {
  const { signal, deadlineMs, mark } = request;
  if (signalProcess(process.identity, signal)) {
    const waiting = new AbortController();
    const late = sleep(deadlineMs, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([process.exited, late]);
    waiting.abort();
  }
  await killMarked(mark, process.identity);
  await process.exited;
}
