import { readProc } from '@alwayson/engines/process/identity.ts';

const measureEveryMs = 5000;
/** Of a unit that forks without end. */
const processesMax = 100;

export interface MemoryWatch {
  /** Of the process and its children, as last measured; undefined before. */
  bytesOf(pid: number): number | undefined;
  close(): void;
}

/**
 * Measures every five seconds how much memory processes hold. It wakes nobody: who follows a host is answered every few seconds
 * anyway, and then reads the last measurement.
 */
export function watchMemory(pids: () => readonly number[]): MemoryWatch {
  let measured = new Map<number, number>();
  const measure = () => {
    try {
      const found = pids().map((pid): [number, number | null] => [pid, measureMemory(pid)]);
      measured = new Map(found.flatMap(([pid, bytes]) => (bytes === null ? [] : [[pid, bytes]])));
    } catch {
      // Such as no descriptor left to read with: what was measured last stays.
    }
  };
  const timer = setInterval(measure, measureEveryMs).unref();
  return { bytesOf: (pid) => measured.get(pid), close: () => clearInterval(timer) };
}

/**
 * Resident bytes of a process and of all that descend from it; null when it is gone, or not ours to look at. Read at once: no file
 * of /proc waits for a disk, and handing each to another thread and back takes ten times as long.
 */
export function measureMemory(pid: number): number | null {
  const own = readResident(pid);
  if (own === null) return null;
  let bytes = own;
  const seen = new Set([pid]);
  for (const parent of seen) {
    for (const child of readChildren(parent)) {
      if (seen.has(child) || seen.size >= processesMax) continue;
      seen.add(child);
      bytes += readResident(child) ?? 0;
    }
  }
  return bytes;
}

function readResident(pid: number): number | null {
  const status = readProc(`/proc/${pid}/status`) ?? '';
  const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Those that its main thread started, which is where programs start others. */
function readChildren(pid: number): number[] {
  const children = readProc(`/proc/${pid}/task/${pid}/children`) ?? '';
  return children.split(' ').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
}
