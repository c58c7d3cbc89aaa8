import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { boundLog, openLog } from '../../src/process/bounded-log.ts';

const bounds = { bytesMax: 1000, filesMax: 3 };
let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'alwayson-log-'));
  file = join(dir, 'unit.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a log within its bounds is left alone', async () => {
  appendFileSync(file, 'x'.repeat(1000));
  await boundLog(file, bounds);
  expect(statSync(file).size).toBe(1000);
  expect(existsSync(`${file}.1`)).toBe(false);
});

test('a writer that holds the log open goes on at the start of the cut file', async () => {
  const log = openLog(file);
  for (const letter of ['a', 'b', 'c', 'd']) {
    writeSync(log, letter.repeat(1500));
    await boundLog(file, bounds);
    expect(statSync(file).size).toBe(0);
  }
  writeSync(log, 'end');
  closeSync(log);
  expect(readFileSync(file, 'utf8')).toBe('end');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('d'.repeat(1000));
  expect(readFileSync(`${file}.2`, 'utf8')).toBe('c'.repeat(1000));
  expect(existsSync(`${file}.3`)).toBe(false);
});

test('a log that cannot be copied is cut all the same', async () => {
  appendFileSync(file, 'x'.repeat(5000));
  mkdirSync(`${file}.1/in-the-way`, { recursive: true }); // stands for a full disk: the copy fails
  mkdirSync(`${file}.2/in-the-way`, { recursive: true });
  await boundLog(file, bounds);
  expect(statSync(file).size).toBe(0);
});
