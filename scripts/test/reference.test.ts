import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { renderReferencePages } from '../render-reference.ts';

const root = resolve(import.meta.dirname, '../..');

test.each(Object.entries(renderReferencePages()))(
  '%s is what the code says (node scripts/write-reference.ts)',
  (file, content) => {
    expect(readFileSync(join(root, file), 'utf8')).toBe(content);
  },
);
