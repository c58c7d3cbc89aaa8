import { expect, test } from 'vitest';
import { listMetricsTargets } from '../../src/api/metrics-targets.ts';
import { renderMetrics } from '../../src/api/metrics.ts';
import { environmentOf, statusOf } from './fixtures.ts';

test('every process that can be scraped is listed with where it is and what it is', () => {
  const status = statusOf();
  const control = {
    id: 'control-plane',
    kind: 'control-plane',
    pid: 1,
    address: '127.209.0.1',
    port: 8900,
    state: 'healthy',
    process: 'ready',
    restarts: 0,
  } as const;
  status.witness.units.push(control);
  const common = { __metrics_path__: '/metrics', workload: 'shop', environment: 'test' };
  expect(listMetricsTargets(environmentOf(), status)).toEqual([
    {
      targets: ['127.209.1.1:7000'],
      labels: { ...common, region: 'west', zone: 'west-1', unit: 'host-west-1', kind: 'host' },
    },
    {
      targets: ['127.209.1.1:10001'],
      labels: {
        ...common,
        region: 'west',
        zone: 'west-1',
        unit: 'west-1-abcdef-api',
        kind: 'component',
        component: 'api',
        stamp: 'west-1-abcdef',
      },
    },
    {
      targets: ['127.209.0.1:7000'],
      labels: { ...common, zone: 'witness', unit: 'host-witness', kind: 'host' },
    },
    {
      targets: ['127.0.0.1:8900'],
      labels: { ...common, zone: 'witness', unit: 'control-plane', kind: 'control-plane' },
    },
  ]);
});

test("queues and the control plane's own process are among its metrics", () => {
  const status = statusOf();
  status.queues.push({ region: 'west', primary: 'queue-west-1', state: 'healthy', copies: 2, depth: 17 });
  const text = renderMetrics(status);
  expect(text).toContain('alwayson_queue_waiting{region="west"} 17\n');
  expect(text).toContain('alwayson_queue_copies{region="west"} 2\n');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});
