import { afterAll, beforeAll } from 'vitest';
import { type Item, listItems } from './catalog-load.ts';
import { isWhole, startEnvironment, type TestEnvironment } from './environment.ts';

export interface Catalog {
  environment: TestEnvironment;
  items: Item[];
}

/** One catalog environment for all tests of a file, whole when the first begins and purged after the last. */
export function useCatalog(): Catalog {
  const catalog: Partial<Catalog> = {};
  beforeAll(async () => {
    catalog.environment = await startEnvironment();
    await catalog.environment.until('whole after up', isWhole, 120_000);
    catalog.items = await listItems(catalog.environment.frontDoor);
  });
  afterAll(async () => {
    await catalog.environment?.down();
  });
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('The catalog is there only while a test runs.');
    return value;
  };
  return {
    get environment() {
      return started(catalog.environment);
    },
    get items() {
      return started(catalog.items);
    },
  };
}
