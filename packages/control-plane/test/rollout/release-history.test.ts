import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryEntry } from '@alwayson/protocol/releases.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createSqliteJournal } from '../../src/operations/sqlite-journal.ts';
import { emptyHead, type HistoryDraft, renderLine, sealEntry } from '../../src/rollout/history-chain.ts';
import { createReleaseHistory } from '../../src/rollout/release-history.ts';
import { openMemoryStore } from '../records/memory-store.ts';

const startedAt = Date.parse('2026-01-01T00:00:00Z');

function createRig() {
  const dir = mkdtempSync(join(tmpdir(), 'aon-history-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'releases.jsonl');
  const clock = { nowMs: startedAt };
  const journal = createSqliteJournal(openMemoryStore(), () => clock.nowMs);
  return {
    dir,
    file,
    clock,
    open: (at = file) => createReleaseHistory(at, { now: () => clock.nowMs, journal }),
    lines: () => readFileSync(file, 'utf8').split('\n').slice(0, -1),
    rewrite: (lines: readonly string[]) => writeFileSync(file, lines.map((line) => `${line}\n`).join('')),
    events: () => journal.events({ limit: 100 }).map(({ type }) => type),
  };
}

function phase(n: number, rollout = 'r1'): HistoryDraft {
  return { kind: 'phase', rollout, who: 'control-plane', data: { n } };
}

const numbers = (entries: readonly HistoryEntry[]) => entries.map(({ data }) => data['n']);

test('entries are in the file when append returns, follow each other, and are there after a restart', async () => {
  const rig = createRig();
  const history = rig.open();
  expect(await history.verify()).toEqual({ entries: 0, whole: true, brokenAt: null });
  const first = history.append({ ...phase(1), why: 'new prices' });
  expect(rig.lines().map((line) => JSON.parse(line) as unknown)).toEqual([first]);
  rig.clock.nowMs += 1000;
  const second = history.append(phase(2, 'r2'));
  expect(first).toMatchObject({ seq: 1, at: '2026-01-01T00:00:00.000Z', previous: '0'.repeat(64) });
  expect(second).toMatchObject({ seq: 2, at: '2026-01-01T00:00:01.000Z', previous: first.hash });
  const again = rig.open();
  const third = again.append({ ...phase(3), kind: 'gate' });
  expect(third).toMatchObject({ seq: 3, previous: second.hash });
  expect(await again.entries()).toEqual([first, second, third]);
  expect(await again.entries({ rollout: 'r1' })).toEqual([first, third]);
  expect(await again.entries({ rollout: 'r1', kinds: ['gate', 'ended'] })).toEqual([third]);
  expect(await again.entries({ limit: 1 })).toEqual([third]);
  expect(await again.verify()).toEqual({ entries: 3, whole: true, brokenAt: null });
  expect(rig.events()).toEqual([]);
});

test('a torn last line is set aside and told, and the history goes on whole', async () => {
  const rig = createRig();
  const history = rig.open();
  history.append(phase(1));
  const torn = '{"at":"2026-01-01T00:00:00.000Z","data":{"n":"ä';
  appendFileSync(rig.file, Buffer.from(torn).subarray(0, -1));
  const again = rig.open();
  const aside = readdirSync(rig.dir).find((name) => name.includes('.torn-'));
  expect(readFileSync(join(rig.dir, aside ?? ''))).toEqual(Buffer.from(torn).subarray(0, -1));
  expect(rig.events()).toEqual(['release-history.torn']);
  again.append(phase(2));
  expect(numbers(await again.entries())).toEqual([1, 2]);
  expect(await again.verify()).toMatchObject({ entries: 2, whole: true });
});

test('a file that is one torn line becomes an empty history', async () => {
  const rig = createRig();
  writeFileSync(rig.file, '{"at":');
  const history = rig.open();
  expect(history.append(phase(1))).toMatchObject({ seq: 1 });
  expect(await history.verify()).toMatchObject({ entries: 1, whole: true });
});

test('a crash between the line and what is written down of it beside leaves the history whole', async () => {
  const rig = createRig();
  const history = rig.open();
  history.append(phase(1));
  const head = readFileSync(`${rig.file}.head`);
  history.append(phase(2));
  writeFileSync(`${rig.file}.head`, head);
  const again = rig.open();
  expect(await again.verify()).toMatchObject({ whole: true });
  // It is found again that the second is there: now its loss would be seen.
  rig.rewrite(rig.lines().slice(0, 1));
  expect(await rig.open().verify()).toEqual({ entries: 1, whole: false, brokenAt: 2 });
});

test('a changed line is told once, stays found, and appending goes on after the last line', async () => {
  const rig = createRig();
  const history = rig.open();
  for (const n of [1, 2, 3]) history.append(phase(n));
  rig.rewrite(rig.lines().map((line) => line.replace('"n":2', '"n":7')));
  const again = rig.open();
  expect(await again.verify()).toEqual({ entries: 3, whole: false, brokenAt: 2 });
  expect(again.append(phase(4))).toMatchObject({ seq: 4 });
  expect(await again.verify()).toEqual({ entries: 4, whole: false, brokenAt: 2 });
  expect(rig.events()).toEqual(['release-history.broken']);
  expect(numbers(await again.entries())).toEqual([1, 3, 4]);
});

test('lines that are missing at the end are found, and their numbers are not given again', async () => {
  const rig = createRig();
  const history = rig.open();
  for (const n of [1, 2, 3]) history.append(phase(n));
  rig.rewrite(rig.lines().slice(0, 1));
  const again = rig.open();
  expect(await again.verify()).toEqual({ entries: 1, whole: false, brokenAt: 2 });
  expect(again.append(phase(4))).toMatchObject({ seq: 4 });
  expect(await rig.open().verify()).toEqual({ entries: 2, whole: false, brokenAt: 2 });
  rmSync(rig.file);
  expect(await again.verify()).toEqual({ entries: 0, whole: false, brokenAt: 1 });
});

test('old entries are read from the file, the newest from memory, before and after a restart', async () => {
  const rig = createRig();
  let before: { seq: number; hash: string } = emptyHead;
  const lines = Array.from({ length: 700 }, (_, n) => {
    const draft = phase(n, n === 0 ? 'old' : 'r1');
    const entry = sealEntry(draft, { seq: n + 1, at: '2026-01-01T00:00:00.000Z', previous: before.hash });
    before = entry;
    return renderLine(entry);
  });
  rig.rewrite(lines);
  const history = rig.open();
  history.append(phase(700));
  for (const one of [history, rig.open()]) {
    expect(numbers(await one.entries({ rollout: 'old' }))).toEqual([0]);
    const all = await one.entries({ limit: 10_000 });
    expect(numbers(all)).toEqual(Array.from({ length: 500 }, (_, n) => n + 201));
    expect(await one.verify()).toMatchObject({ entries: 701, whole: true });
  }
});

test('an entry that would be too long is written without its data', async () => {
  const rig = createRig();
  const history = rig.open();
  const entry = history.append({ ...phase(1), data: { words: 'a'.repeat(300_000) } });
  expect(entry.data).toEqual({ leftOutBytes: expect.any(Number) });
  expect(await rig.open().verify()).toMatchObject({ entries: 1, whole: true });
});

test.skipIf(process.getuid?.() !== 0)('a full disk is told, and leaves the history whole', async () => {
  const rig = createRig();
  const at = join(rig.dir, 'disk');
  execFileSync('mkdir', [at]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', at], { stdio: 'ignore' });
  onTestFinished(() => void execFileSync('umount', [at]));
  const file = join(at, 'releases.jsonl');
  const history = rig.open(file);
  const fill = () => {
    for (let n = 0; n < 100; n += 1) history.append({ ...phase(n), data: { n, words: 'a'.repeat(1500) } });
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'AON_DISK_FULL' }));
  expect(readFileSync(file, 'utf8').endsWith('\n')).toBe(true);
  const written = readFileSync(file, 'utf8').split('\n').length - 1;
  expect(written).toBeGreaterThan(2);
  expect(await rig.open(file).verify()).toEqual({ entries: written, whole: true, brokenAt: null });
});
