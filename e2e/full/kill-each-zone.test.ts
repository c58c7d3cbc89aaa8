import { expect, test } from 'vitest';
import { isWhole } from '../harness/environment.ts';
import { expectNothingLost, killZone } from '../harness/under-load.ts';
import { useCatalog } from '../harness/use-catalog.ts';

const catalog = useCatalog();

for (const zone of ['west-1', 'west-2', 'east-1', 'east-2']) {
  test(`kill -9 of zone ${zone}, and back`, async () => {
    const aim = killZone(catalog.environment, zone);
    const graceMs = zone.endsWith('-1') ? 300 : 0; // the first zone of a region carries its gateway
    await expectNothingLost(catalog, { name: `kill -9 of zone ${zone}`, aim, graceMs });
    expect((await catalog.environment.cli('revive', zone, '--json')).exitCode).toBe(0);
    await catalog.environment.until('whole again', isWhole, 120_000);
  });
}
