import { access } from 'node:fs/promises';
import { Manifest } from '@alwayson/protocol/manifest.ts';
import { expect, test } from 'vitest';
import workload from '../../../workloads/catalog/alwayson.config.ts';

const folder = new URL('../../../workloads/catalog/', import.meta.url);

test('the catalog declares itself validly, with programs and migrations that exist', async () => {
  const manifest = Manifest.parse(workload);
  for (const { command, build } of manifest.components) {
    for (const [program, file] of [command, build ?? command]) {
      expect(program).toBe('node');
      await access(new URL(file ?? '', folder));
    }
  }
  for (const { migrations } of manifest.stores) {
    if (migrations !== undefined) await access(new URL(migrations, folder));
  }
});
