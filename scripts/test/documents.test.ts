import { createManifestJsonSchema, type SchemaNode } from '@alwayson/cli/manifest/manifest-json-schema.ts';
import { errorCatalogue } from '@alwayson/protocol/errors.ts';
import { expect, test } from 'vitest';
import { read } from './repository.ts';

test('the error page has every code of the catalogue and no other, with its exit code and status', () => {
  const page = read('docs/reference/errors.md');
  const told = page.matchAll(/^### (AON_[A-Z_]+)\n\nexit (\d), HTTP (\d+)/gm);
  const documented = Object.fromEntries(
    [...told].map(([, code, exit, status]) => [code, { exit: Number(exit), status: Number(status) }]),
  );
  const expected = Object.entries(errorCatalogue).map(([code, { exit, status }]) => [code, { exit, status }]);
  expect(documented).toEqual(Object.fromEntries(expected));
  expect(page.match(/^### AON_/gm)).toHaveLength(expected.length);
});

test('the manifest page names every field', () => {
  const page = read('docs/reference/manifest.md');
  const fields = [...new Set(listFields(createManifestJsonSchema()))];
  expect(fields.length).toBeGreaterThan(40);
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});

function listFields(node: SchemaNode): string[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => [name, ...listFields(child)]);
  return [...own, ...(node.items ? listFields(node.items) : [])];
}
