import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const tailBytesMax = 1024 * 1024;
const chunkBytesMax = 256 * 1024;
const followEveryMs = 250;

/** The last lines of a log, at most 1 MiB of each file; goes back into the rotated file when the present one is short. */
export async function tailLog(file: string, lines: number): Promise<string> {
  const present = await readEnd(file);
  const enough = countLines(present) >= lines;
  const text = enough ? present : (await readEnd(`${file}.1`)) + present;
  const all = text.split('\n');
  const last = all.at(-1) === '' ? all.slice(0, -1) : all;
  const kept = last.slice(-lines);
  return kept.length === 0 || lines === 0 ? '' : `${kept.join('\n')}\n`;
}

/** The last lines, then everything that is appended, until `gone`. */
export async function* followLog(
  file: string,
  lines: number,
  gone: AbortSignal,
): AsyncGenerator<string | Buffer> {
  let offset = await sizeOf(file);
  yield await tailLog(file, lines);
  while (!gone.aborted) {
    const size = await sizeOf(file);
    if (size < offset) offset = 0; // it was rotated
    if (size > offset) {
      const bytes = await readFrom(file, offset);
      offset += bytes.length;
      yield bytes;
    } else {
      await sleep(followEveryMs, undefined, { signal: gone }).catch(() => {});
    }
  }
}

async function readEnd(file: string): Promise<string> {
  const size = await sizeOf(file);
  if (size === 0) return '';
  const from = Math.max(0, size - tailBytesMax);
  const text = (await readFrom(file, from, tailBytesMax)).toString('utf8');
  return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
}

async function readFrom(file: string, offset: number, bytesMax = chunkBytesMax): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(bytesMax);
    const { bytesRead } = await handle.read(buffer, 0, bytesMax, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
