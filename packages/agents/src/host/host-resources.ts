import { readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { readProc } from '@alwayson/engines/process/identity.ts';
import type { HostResources } from '@alwayson/protocol/units.ts';

const measureEveryMs = 10_000;
/** What moves less than this is told with the next answer, and wakes nobody. */
const newsRatio = 0.01;

export interface ResourceWatch {
  /** The last measurement; undefined before the first. */
  current(): HostResources | undefined;
  close(): void;
}

export interface ResourceWatchOptions {
  /** Measured is the file system that holds it. */
  folder: string;
  /** Of the processes whose open files are counted. */
  pids: () => readonly number[];
  /** Something has moved so far that readers should know at once. */
  onNews: () => void;
}

/** Measures every ten seconds how much of its machine a host uses. What cannot be read is left out: the last word stays, and ages. */
export function watchResources({ folder, pids, onNews }: ResourceWatchOptions): ResourceWatch {
  let current: HostResources | undefined;
  let told: HostResources | undefined;

  const measure = async () => {
    const diskUsedRatio = await measureDisk(folder);
    const descriptorsUsedRatio = Math.max(0, ...pids().map(measureDescriptors));
    current = { at: new Date().toISOString(), diskUsedRatio, descriptorsUsedRatio };
    if (told !== undefined && !isNews(told, current)) return;
    told = current;
    onNews();
  };
  const measureQuietly = () => void measure().catch(() => {});

  measureQuietly();
  const timer = setInterval(measureQuietly, measureEveryMs).unref();
  return { current: () => current, close: () => clearInterval(timer) };
}

function isNews(told: HostResources, seen: HostResources): boolean {
  const moved = (key: 'diskUsedRatio' | 'descriptorsUsedRatio') =>
    Math.abs(seen[key] - told[key]) >= newsRatio;
  return moved('diskUsedRatio') || moved('descriptorsUsedRatio');
}

/** As `df` counts: what is kept back for root counts as used. Inodes run out too. */
export async function measureDisk(folder: string): Promise<number> {
  const { blocks, bfree, bavail, files, ffree } = await statfs(folder);
  const used = blocks - bfree;
  return Math.max(toRatio(used, used + bavail), toRatio(files - ffree, files));
}

/** Open files of a process, of those that it may have; 0 when it is gone, or not ours to look at. Read at once, as memory is. */
export function measureDescriptors(pid: number): number {
  try {
    const open = readdirSync(`/proc/${pid}/fd`);
    const soft = /^Max open files +(\d+)/m.exec(readProc(`/proc/${pid}/limits`) ?? '')?.[1];
    return soft === undefined ? 0 : toRatio(open.length, Number(soft));
  } catch {
    return 0;
  }
}

function toRatio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
