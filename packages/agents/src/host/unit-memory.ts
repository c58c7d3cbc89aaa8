import { readFile } from 'node:fs/promises';

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
  const measure = async () => {
    const found = await Promise.all(
      pids().map(async (pid): Promise<[number, number | null]> => [pid, await measureMemory(pid)]),
    );
    measured = new Map(found.flatMap(([pid, bytes]) => (bytes === null ? [] : [[pid, bytes]])));
  };
  const measureQuietly = () => void measure().catch(() => {});
  const timer = setInterval(measureQuietly, measureEveryMs).unref();
  return { bytesOf: (pid) => measured.get(pid), close: () => clearInterval(timer) };
}

/** Resident bytes of a process and of all that descend from it; null when it is gone, or not ours to look at. */
export async function measureMemory(pid: number): Promise<number | null> {
  const own = await readResident(pid);
  if (own === null) return null;
  let bytes = own;
  const seen = new Set([pid]);
  for (const parent of seen) {
    for (const child of await readChildren(parent)) {
      if (seen.has(child) || seen.size >= processesMax) continue;
      seen.add(child);
      bytes += (await readResident(child)) ?? 0;
    }
  }
  return bytes;
}

async function readResident(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Those that its main thread started, which is where programs start others. */
async function readChildren(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
}
