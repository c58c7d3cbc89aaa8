import type { HistoryEntry } from '@alwayson/protocol/releases.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createChainCheck,
  emptyHead,
  type HistoryDraft,
  readLine,
  renderLine,
  sealEntry,
} from '../../src/rollout/history-chain.ts';

const draft: fc.Arbitrary<HistoryDraft> = fc.record(
  {
    kind: fc.constantFrom('planned', 'started', 'phase', 'gate', 'order', 'read-back', 'ended'),
    rollout: fc.string(),
    who: fc.string({ unit: 'binary' }),
    why: fc.string(),
    data: fc.dictionary(
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<HistoryDraft['data'][string]>,
    ),
  },
  { requiredKeys: ['kind', 'rollout', 'who', 'data'] },
);

function chain(drafts: readonly HistoryDraft[]): HistoryEntry[] {
  let head = emptyHead;
  return drafts.map((one) => {
    const at = '2026-01-01T00:00:00.000Z';
    const entry = sealEntry(one, { seq: head.seq + 1, at, previous: head.hash });
    head = entry;
    return entry;
  });
}

const history = fc.array(draft, { minLength: 2, maxLength: 8 }).map((drafts) => {
  const entries = chain(drafts);
  return { lines: entries.map(renderLine), head: entries.at(-1) ?? emptyHead };
});

function check(lines: readonly string[], head = emptyHead) {
  const one = createChainCheck(head);
  for (const line of lines) one.take(line);
  return one.end();
}

test('what was written is whole, and reads as it was given', () => {
  fc.assert(
    fc.property(history, ({ lines, head }) => {
      expect(check(lines, head)).toEqual({ entries: lines.length, whole: true, brokenAt: null });
      for (const line of lines) {
        const entry = readLine(line);
        expect(entry === null ? null : renderLine(entry)).toBe(line);
      }
    }),
  );
});

const change = fc.record({ line: fc.nat(), at: fc.nat(), other: fc.string({ maxLength: 2 }) });

test('a changed character is found, and where', () => {
  fc.assert(
    fc.property(history, change, ({ lines, head }, { line: n, at, other }) => {
      const index = n % lines.length;
      const line = lines[index] ?? '';
      const place = at % line.length;
      const changed = line.slice(0, place) + other + line.slice(place + 1);
      fc.pre(changed !== line);
      expect(check(lines.with(index, changed), head)).toMatchObject({ whole: false, brokenAt: index + 1 });
    }),
    { numRuns: 200 },
  );
});

test('a removed line is found, the last ones too', () => {
  fc.assert(
    fc.property(history, fc.nat(), fc.integer({ min: 1, max: 3 }), ({ lines, head }, n, count) => {
      const index = n % lines.length;
      const left = lines.toSpliced(index, count);
      expect(check(left, head)).toMatchObject({ whole: false, brokenAt: index + 1 });
    }),
  );
});

test('swapped lines are found', () => {
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(), ({ lines, head }, a, b) => {
      const [one, other] = [a % lines.length, b % lines.length];
      fc.pre(one !== other);
      const swapped = lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '');
      expect(check(swapped, head)).toMatchObject({ whole: false, brokenAt: Math.min(one, other) + 1 });
    }),
  );
});

test('an inserted line is found: a copy, one of another history, one that is made to fit, and an empty one', () => {
  fc.assert(
    fc.property(history, draft, fc.nat(), ({ lines, head }, other, n) => {
      const index = n % lines.length;
      const before = readLine(lines[index - 1] ?? '') ?? emptyHead;
      const at = '2026-01-01T00:00:00.000Z';
      const fitting = renderLine(sealEntry(other, { seq: before.seq + 1, at, previous: before.hash }));
      for (const line of [
        lines[n % lines.length] ?? '',
        renderLine(chain([other])[0] as HistoryEntry),
        fitting,
        '',
      ]) {
        expect(check(lines.toSpliced(index, 0, line), head).whole).toBe(false);
      }
    }),
  );
});

test('one entry has one line: other spacing, other order and a repeated key are changes', () => {
  const [entry] = chain([{ kind: 'ended', rollout: 'r', who: 'me', data: { b: 1, a: { d: 1, c: 2 } } }]);
  const line = renderLine(entry as HistoryEntry);
  expect(line).toContain('"data":{"a":{"c":2,"d":1},"b":1}');
  expect(readLine(line)).toEqual(entry);
  for (const other of [
    ` ${line}`,
    `${line} `,
    line.replace('"b":1', '"b": 1'),
    line.replace('"b":1', '"b":1.0'),
    line.replace('"who":"me"', '"who":"you","who":"me"'),
    line.replace('"c":2,"d":1', '"d":1,"c":2'),
    line.replace('"me"', '"\\u006de"'),
  ])
    expect(readLine(other)).toBeNull();
});
