import { expect, test } from 'vitest';
import { renderStatus } from '../../src/output/render-status.ts';
import type { Painter } from '../../src/output/terminal.ts';
import { renderStartChanges, renderStartTree, renderWaitingUnits } from '../../src/start/render-start.ts';
import { renderSummary } from '../../src/start/render-summary.ts';
import { createStatus, createUnit } from '../support/sample-status.ts';

const plain: Painter = { paint: (_, text) => text, sign: (state) => `<${state}>` };

test('the tree tells what each zone waits for, and what an operation does', () => {
  const operation = {
    id: '1',
    kind: 'deploy',
    title: 'Release 012345',
    state: 'running' as const,
    startedAt: '',
    steps: [{ name: 'migrate', state: 'running' as const, waitingFor: 'a writer' }],
  };
  expect(renderStartTree({ elapsedSeconds: 7, status: createStatus(), operation }, plain)).toEqual([
    'shop is starting: 2 of 3 units ready · 7 s',
    '├─ <healthy> witness',
    '│  └─ <healthy> witness  1/1',
    '└─ <degraded> west',
    '   └─ <healthy> west-1  1/2  pg-west-1 starting',
    'Release 012345: migrate, waiting for a writer',
  ]);
  expect(renderStartTree({ elapsedSeconds: 1, controlPlane: 'starting' }, plain)).toEqual([
    'Starting the control plane (starting) · 1 s',
  ]);
});

test('a log gets only what became ready', () => {
  const now = createStatus();
  const told = new Set<string>();
  expect(renderStartChanges(now, told)).toEqual(['witness: control-plane ready', 'west-1: api-1 ready']);
  expect(renderStartChanges(now, told)).toEqual([]);
  expect(renderWaitingUnits(now)).toBe('  pg-west-1 starting: recovering');
});

test('the summary says where to go, how to break it and how to stop it', () => {
  const text = renderSummary(createStatus(), { foreground: true, name: 'main' });
  for (const part of [
    'http://localhost:18201',
    'http://localhost:18202',
    './alwayson kill west-1',
    'Ctrl-C',
  ]) {
    expect(text).toContain(part);
  }
});

test('status shows every entity with its state, and reasons', () => {
  const text = renderStatus(
    createStatus({
      witness: { ...createStatus().witness, units: [createUnit('control-plane', { restarts: 2 })] },
    }),
    plain,
  );
  expect(text).toContain('<degraded> shop (main, production) is degraded');
  expect(text).toMatch(/<unknown> pg-west-1 +starting +127\.208\.1\.1:10001 +pid 4711 +recovering/);
  expect(text).toMatch(/control-plane .* 2 restarts/);
  expect(text).toMatch(/<degraded> queue of west +primary queue-west-1 +1 copy, 3 waiting +the copy is gone/);
  expect(text).toMatch(/<healthy> west-1-012345 +healthy +share 50 %/);
  expect(text).toMatch(/<healthy> buy +healthy +high criticality/);
});
