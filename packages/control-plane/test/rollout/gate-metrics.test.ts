import { createServer } from 'node:http';
import { once } from 'node:events';
import { renderMetricFamilies } from '@alwayson/protocol/metrics-text.ts';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../../agents/test/gateway/rig.ts';
import { createGateMetrics, type MetricsTarget } from '../../src/rollout/gate-metrics.ts';
import { sumSeries } from '../../src/rollout/sum-series.ts';

test('all series of a metric are summed up, and no other', () => {
  const text = renderMetricFamilies([
    {
      name: 'orders_total',
      type: 'counter',
      help: 'orders_total 99 of all kinds',
      samples: [
        { labels: { kind: 'a "quoted" } name', note: 'line\nbreak' }, value: 3 },
        { labels: { kind: 'b' }, value: 4.5 },
      ],
    },
    { name: 'orders_total_failed', type: 'counter', help: '', samples: [{ value: 100 }] },
    { name: 'plain', type: 'gauge', help: '', samples: [{ value: 7 }] },
  ]);
  expect(sumSeries(text, 'orders_total')).toBe(7.5);
  expect(sumSeries(text, 'plain')).toBe(7);
  expect(sumSeries(text, 'orders')).toBeNull();
  expect(sumSeries('stamped 12 1700000000000\nodd{a="b"}\t8\nodd NaN\n', 'stamped')).toBe(12);
  expect(sumSeries('odd{a="b"}\t8\nodd NaN\n', 'odd')).toBe(8);
});

async function startComponent(text: () => string): Promise<MetricsTarget> {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') response.end(text());
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { stamp: 'west-1-aa', component: 'api', address: '127.0.0.1', port, metrics: ['orders_total'] };
}

test('components are read now and then, at once when it matters, and who is silent keeps its last word', async () => {
  let nowMs = 0;
  let orders = 5;
  const metrics = createGateMetrics(() => nowMs);
  onTestFinished(() => metrics.close());
  const api = await startComponent(
    () => `orders_total ${orders}\nalwayson_http_requests_total{route="/"} 40\n`,
  );
  const foreign = { ...(await startComponent(() => 'other 1\n')), component: 'web' };
  const gone = { ...api, stamp: 'west-2-aa', port: 1 };
  const read = (isNow = false) => metrics.read([api, foreign, gone], { isNow });
  const valueOf = () =>
    metrics.readings().find(({ component }) => component === 'api')?.values['orders_total'];

  await until(async () => {
    read(true);
    return metrics.readings().length === 2;
  }, 'both that answer');
  expect(metrics.readings()).toEqual([
    { stamp: 'west-1-aa', component: 'api', at: 0, values: { orders_total: 5 }, requests: 40 },
    { stamp: 'west-1-aa', component: 'web', at: 0, values: { orders_total: 0 }, requests: null },
  ]);
  orders = 8;
  await until(async () => {
    nowMs += 5000;
    read();
    return valueOf() === 8;
  }, 'the next reading');
  orders = 9;
  await until(async () => {
    read(true);
    return valueOf() === 9;
  }, 'a reading out of turn');
  await until(async () => {
    metrics.read([{ ...api, port: 1 }], { isNow: true });
    return metrics.readings().length === 1;
  }, 'those that are not read any more to be forgotten');
  expect(valueOf()).toBe(9);
});
