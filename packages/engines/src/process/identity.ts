import { readFileSync } from 'node:fs';

/**
 * One process, never a later one with the same pid: `startTime` is the kernel's start tick together with the boot, so it
 * tells processes apart across pid reuse and reboots.
 */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
}

interface ProcessEntry {
  state: string;
  group: number;
  exiting: boolean;
  threads: number;
  startTime: string;
}

/** PF_EXITING of the kernel's task flags. */
const exitingFlag = 0x4;
const sigkillBit = 1n << 8n;
let boot: string | undefined;

/** The identity of a living process; undefined when there is none with this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = readEntry(pid);
  return entry === undefined || isOver(entry) ? undefined : { pid, startTime: entry.startTime };
}

/** False once every thread of it has ended: what it held (ports, files, locks) is free then. */
export function isRunning(identity: ProcessIdentity): boolean {
  const entry = readEntry(identity.pid);
  return entry !== undefined && entry.startTime === identity.startTime && !isOver(entry);
}

/** True when it is gone or will be within moments: it is exiting, or SIGKILL waits for it. */
export function isDoomed(identity: ProcessIdentity): boolean {
  const entry = readEntry(identity.pid);
  if (entry === undefined || entry.startTime !== identity.startTime || isOver(entry)) return true;
  return entry.exiting || hasPendingKill(identity.pid);
}

/** The process group of a living process. */
export function groupOf(identity: ProcessIdentity): number | undefined {
  const entry = readEntry(identity.pid);
  return entry?.startTime === identity.startTime ? entry.group : undefined;
}

/** Sends a signal to exactly this process. False when it was gone already. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

/** A zombie leader may still have threads that end: only the last one frees what the process held. */
function isOver(entry: ProcessEntry): boolean {
  return (entry.state === 'Z' || entry.state === 'X') && entry.threads <= 1;
}

function readEntry(pid: number): ProcessEntry | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in the second field may hold anything, also blanks and brackets: what follows its last bracket is regular.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
  return {
    state: fields[0] ?? '',
    group: Number(fields[2]),
    exiting: (Number(fields[6]) & exitingFlag) !== 0,
    threads: Number(fields[17]),
    startTime: `${boot}-${fields[19]}`,
  };
}

function hasPendingKill(pid: number): boolean {
  const status = readProc(`/proc/${pid}/status`) ?? '';
  const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return masks.some(([, mask]) => (BigInt(`0x${mask}`) & sigkillBit) !== 0n);
}

/** A file of /proc; undefined when its process is gone or not ours to look at. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => isErrno(error, code))) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
