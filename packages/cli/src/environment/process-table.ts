import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** One live process as /proc shows it. The pair of pid and start time never names two processes. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  name: string;
  /** Clock ticks since boot. */
  startedAt: string;
}

/** Engines that overwrite their own environment with their title, so that only their folder tells whose they are. */
const titleWriters = new Set(['redis-server', 'postgres']);

export function readProcess(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
    return { pid, parent: Number(fields[1]), name, startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function isSameProcess(entry: { pid: number; startedAt: string }): boolean {
  return readProcess(entry.pid)?.startedAt === entry.startedAt;
}

/**
 * All processes of the environment in `stateDir`: those that carry its name in their environment, engines that run in its
 * folders, and their children. Needs nothing of the environment to be alive; never names the caller or those above it.
 */
export function findEnvironmentProcesses(stateDir: string): ProcessEntry[] {
  const table = listProcesses();
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const spared = new Set(findAncestry(process.pid, byPid));
  const marked = new Set(table.filter((entry) => isMarked(entry, stateDir)).map(({ pid }) => pid));
  return table.filter(
    ({ pid }) => !spared.has(pid) && findAncestry(pid, byPid).some((ancestor) => marked.has(ancestor)),
  );
}

function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

/** The process itself first, then its parent, and so on. */
function findAncestry(pid: number, byPid: ReadonlyMap<number, ProcessEntry>): number[] {
  const line: number[] = [];
  for (let at = byPid.get(pid); at && !line.includes(at.pid); at = byPid.get(at.parent)) line.push(at.pid);
  return line;
}

function isMarked(entry: ProcessEntry, stateDir: string): boolean {
  try {
    const environment = readFileSync(`/proc/${entry.pid}/environ`, 'utf8').split('\0');
    if (environment.includes(`ALWAYSON_ENVIRONMENT=${stateDir}/environment.json`)) return true;
    if (environment.some((line) => line.startsWith(`ALWAYSON_UNIT_KEY=${stateDir}/`))) return true;
    return titleWriters.has(entry.name) && readlinkSync(`/proc/${entry.pid}/cwd`).startsWith(`${stateDir}/`);
  } catch {
    return false;
  }
}

/** What a person would recognise it by: its program and first arguments. */
export function describeProcess(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const program = basename(words[0] ?? '');
    return `${[program, ...words.slice(1, 3)].join(' ').slice(0, 80)} (pid ${pid})`;
  } catch {
    return `pid ${pid}`;
  }
}
