import { defineConfig } from 'vitest/config';

/** `smoke` is part of `npm test`. `full`: what may be killed. `faults`: what may misbehave, and who must notice. `recovery`: the writer's region changes. `partition`: regions cut off from each other. */
const tiers: Record<string, string[]> = {
  smoke: ['e2e/smoke/**/*.test.ts'],
  releases: [
    'e2e/releases/**/*.test.ts',
    'packages/agents/test/gateway/*.slow.test.ts',
    'packages/control-plane/test/scale/*.slow.test.ts',
  ],
  recovery: ['e2e/recovery/**/*.test.ts', 'packages/control-plane/test/recovery/*.slow.test.ts'],
  partition: ['packages/control-plane/test/partition/*.slow.test.ts'],
  full: ['e2e/{smoke,full}/**/*.test.ts'],
  faults: [
    'e2e/faults/**/*.test.ts',
    'packages/agents/test/observer/*.slow.test.ts',
    'packages/control-plane/test/database/*.slow.test.ts',
    'packages/sdk/test/queue/*.slow.test.ts',
  ],
};

/** Black-box scenarios: each starts the real thing, breaks it, and counts from outside. One at a time: they measure. */
export default defineConfig({
  test: {
    include: tiers[process.env.ALWAYSON_E2E ?? 'smoke'] ?? [],
    testTimeout: process.env.ALWAYSON_E2E_LONG === '1' ? 9_000_000 : 900_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    pool: 'forks',
  },
});
