import { createHash } from 'node:crypto';
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
 * All processes of the environment in `stateDir`: those that carry a mark of it or write to its logs, and their children.
 * Needs nothing of the environment to be alive; never names the caller or those above it.
 */
export function findEnvironmentProcesses(stateDir: string): ProcessEntry[] {
  const table = listProcesses();
  const byPid = new Map(table.map((entry) => [entry.pid, entry]));
  const spared = new Set(findAncestry(process.pid, byPid));
  const marks = createMarks(stateDir);
  const marked = new Set(table.map(({ pid }) => pid).filter((pid) => isMarked(pid, marks)));
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

interface Marks {
  /** Beginnings of variables that only processes of this environment have. */
  variables: readonly string[];
  outputsBelow: string;
}

function createMarks(stateDir: string): Marks {
  // As hosts mark what they start.
  const key = createHash('sha256').update(stateDir).digest('hex').slice(0, 12);
  return {
    variables: [
      `ALWAYSON_ENVIRONMENT=${stateDir}/environment.json\0`,
      `ALWAYSON_UNIT_KEY=${key}/`,
      `ALWAYSON_TASK_KEY=${key}/`,
    ],
    outputsBelow: `${stateDir}/units/`,
  };
}

/** Some engines write their title over their variables: then where their output goes tells whose they are. */
function isMarked(pid: number, { variables, outputsBelow }: Marks): boolean {
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`;
    if (variables.some((variable) => environment.includes(`\0${variable}`))) return true;
    return ['1', '2'].some((output) => readlinkSync(`/proc/${pid}/fd/${output}`).startsWith(outputsBelow));
  } catch {
    return false;
  }
}

/** What the environment calls it: `west-1/pg-west-1`, `host of west-1`; else its program. */
export function toUnitName(entry: ProcessEntry): string {
  try {
    const environment = readFileSync(`/proc/${entry.pid}/environ`, 'utf8');
    const unit = /(?:^|\0)ALWAYSON_UNIT_KEY=[^/\0]+\/([^\0]+)/.exec(environment)?.[1];
    const zone = /(?:^|\0)ALWAYSON_ZONE=([^\0]+)/.exec(environment)?.[1];
    return unit ?? (zone ? `host of ${zone}` : entry.name);
  } catch {
    return entry.name;
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
