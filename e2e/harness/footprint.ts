import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** CPU (share of one core) and memory (proportional set size) of every process that belongs to an environment. */
export interface Footprint {
  processes: number;
  cpuShareOfOneCore: number;
  memoryMebibytes: number;
  /** The biggest consumers of CPU, for finding what to mend. */
  top: { pid: number; command: string; cpuShareOfOneCore: number; memoryMebibytes: number }[];
}

const ticksPerSecond = 100;

/** Pids of hosts and units: their environment names the state folder, or their folder lies in it. */
export function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(
      (pid) =>
        pid !== process.pid && (readProc(pid, 'environ').includes(home) || folderOf(pid).startsWith(home)),
    );
}

export async function measureFootprint(home: string, seconds: number): Promise<Footprint> {
  const before = new Map(processesOf(home).map((pid) => [pid, cpuTicks(pid)]));
  await sleep(seconds * 1000); // the span that is measured
  const rows = processesOf(home).map((pid) => ({
    pid,
    command: readProc(pid, 'cmdline').replaceAll('\0', ' ').slice(0, 110),
    cpuShareOfOneCore: (cpuTicks(pid) - (before.get(pid) ?? 0)) / ticksPerSecond / seconds,
    memoryMebibytes: Number(/^Pss:\s+(\d+)/m.exec(readProc(pid, 'smaps_rollup'))?.[1] ?? 0) / 1024,
  }));
  return {
    processes: rows.length,
    cpuShareOfOneCore: rows.reduce((sum, row) => sum + row.cpuShareOfOneCore, 0),
    memoryMebibytes: rows.reduce((sum, row) => sum + row.memoryMebibytes, 0),
    top: rows.toSorted((a, b) => b.cpuShareOfOneCore - a.cpuShareOfOneCore).slice(0, 40),
  };
}

function cpuTicks(pid: number): number {
  const fields = readProc(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function folderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
