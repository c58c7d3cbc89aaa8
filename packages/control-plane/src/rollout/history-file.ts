import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, syncFolder } from '../records/replace-file.ts';

/** A longer line is none of ours: it is read this far, and is then no entry. */
export const lineBytesMax = 256 * 1024;
/** What of a file's end is read into memory at most. */
const tailBytesMax = 4 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const lineEnd = 10;

/** The lines of the first `bytes` of a file, one after the other; none when it is gone. */
export async function* readLines(file: string, bytes: number): AsyncGenerator<string> {
  if (bytes === 0 || !existsSync(file)) return;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { end: bytes - 1, highWaterMark: chunkBytes })) {
    const data = chunk as Buffer;
    let from = 0;
    for (let at = data.indexOf(lineEnd); at >= 0; at = data.indexOf(lineEnd, from)) {
      yield join(rest, data.subarray(from, at)).toString();
      rest = Buffer.alloc(0);
      from = at + 1;
    }
    rest = join(rest, data.subarray(from));
  }
  if (rest.length > 0) yield rest.toString();
}

function join(start: Buffer, more: Buffer): Buffer<ArrayBuffer> {
  return Buffer.concat(start.length > lineBytesMax ? [start] : [start, more]);
}

/** How a file ends: its last lines, oldest first, and what follows its last line end. */
export interface FileTail {
  lines: string[];
  /** Lines come before these. */
  isPart: boolean;
  torn: Buffer;
  /** Where the last line ends. */
  wholeBytes: number;
}

/** Read from the end: a long file costs no more than a short one. Makes the file when there is none. */
export function readTail(file: string, linesMax: number): FileTail {
  const descriptor = openSync(file, 'a+', 0o600);
  try {
    const { size } = fstatSync(descriptor);
    let tail = Buffer.alloc(0);
    let from = size;
    const isEnough = () =>
      tail.includes(lineEnd) && (tail.length >= tailBytesMax || countLines(tail) > linesMax);
    while (from > 0 && !isEnough()) {
      const start = Math.max(0, from - chunkBytes);
      const chunk = Buffer.alloc(from - start);
      readSync(descriptor, chunk, 0, chunk.length, start);
      tail = Buffer.concat([chunk, tail]);
      from = start;
    }
    const end = tail.lastIndexOf(lineEnd) + 1;
    const found =
      end === 0
        ? []
        : tail
            .subarray(0, end - 1)
            .toString()
            .split('\n');
    // Unless the file begins here, the first of them began before.
    const whole = from === 0 ? found : found.slice(1);
    const lines = whole.slice(-linesMax);
    const isPart = from > 0 || lines.length < whole.length;
    return { lines, isPart, torn: tail.subarray(end), wholeBytes: size - tail.length + end };
  } finally {
    closeSync(descriptor);
  }
}

function countLines(text: Buffer): number {
  return text.reduce((count, byte) => (byte === lineEnd ? count + 1 : count), 0);
}

/** What a crash left of a line is kept in a file of its own; then the file ends with its last line. */
export function setTornAside(file: string, { torn, wholeBytes }: FileTail, aside: string): void {
  replaceFile(aside, torn);
  truncateSync(file, wholeBytes);
  syncFile(file);
}

/** On disk when it returns; when it throws, nothing of the line is left in the file. Returns where it ends. */
export function appendLine(file: string, line: string): number {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    const { size } = fstatSync(descriptor);
    try {
      writeFileSync(descriptor, `${line}\n`);
      fsyncSync(descriptor);
    } catch (error) {
      ftruncateSync(descriptor, size);
      throw error;
    }
    if (size === 0) syncFolder(dirname(file));
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
