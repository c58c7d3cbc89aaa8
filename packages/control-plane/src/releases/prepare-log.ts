import { closeSync, openSync, writeSync } from 'node:fs';

const bytesMax = 4 * 1024 ** 2;
const tailLines = 30;
const tailBytes = 16 * 1024;

/** `prepare.log` of a release: what was run and what it said. */
export interface PrepareLog {
  write(output: string | Uint8Array): void;
  /** The last lines. */
  tail(): string;
  close(): void;
}

/** Throws when the disk is full; what is beyond the bound is only counted and kept as tail. */
export function createPrepareLog(file: string): PrepareLog {
  const descriptor = openSync(file, 'a', 0o600);
  let written = 0;
  let dropped = 0;
  let tail = Buffer.alloc(0);
  return {
    write(output) {
      const bytes = Buffer.from(output);
      tail = Buffer.concat([tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
      const kept = bytes.subarray(0, Math.max(0, bytesMax - written));
      dropped += bytes.length - kept.length;
      written += kept.length;
      if (kept.length > 0) writeSync(descriptor, kept);
    },
    tail: () => tail.toString('utf8').trimEnd().split('\n').slice(-tailLines).join('\n'),
    close() {
      try {
        if (dropped > 0) {
          writeSync(descriptor, `\n... ${dropped} bytes more; the last of them:\n${tail.toString('utf8')}`);
        }
      } finally {
        closeSync(descriptor);
      }
    },
  };
}
