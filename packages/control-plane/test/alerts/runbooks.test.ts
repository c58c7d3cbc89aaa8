import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alertKinds } from '@alwayson/protocol/alerts.ts';
import { expect, test } from 'vitest';

const docs = resolve(import.meta.dirname, '../../../../docs');
const pages = readdirSync(join(docs, 'runbooks')).map((file) => ({
  file,
  text: readFileSync(join(docs, 'runbooks', file), 'utf8'),
}));
const runbooks = pages.filter(({ text }) => /^Alert: /m.test(text));

test('every kind of alert has its runbook, and every runbook of an alert has its kind', () => {
  const named = runbooks.map(({ file, text }) => [file, /^Alert: `(.+)`$/m.exec(text)?.[1]]);
  expect(Object.fromEntries(named)).toEqual(
    Object.fromEntries(alertKinds.map((kind) => [`${kind}.md`, kind])),
  );
});

test.each(runbooks)('$file says what it does by itself, what to look at, and what to do', ({ text }) => {
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
    'What AlwaysOn does by itself',
    'What to look at',
    'What to do',
  ]);
});

test('the guide lists every kind with its runbook', () => {
  const guide = readFileSync(join(docs, 'guides/alerts.md'), 'utf8');
  const listed = [...guide.matchAll(/^- \[`(.+)`\]\(\.\.\/runbooks\/(.+)\.md\)/gm)];
  expect(listed.map(([, kind]) => kind)).toEqual([...alertKinds]);
  expect(listed.every(([, kind, file]) => kind === file)).toBe(true);
});
