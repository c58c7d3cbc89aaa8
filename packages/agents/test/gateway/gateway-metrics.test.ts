import type { GatewayReport } from '@alwayson/protocol/routes.ts';
import { expect, test } from 'vitest';
import { renderGatewayMetrics } from '../../src/gateway/gateway-metrics.ts';

const report: GatewayReport = {
  region: 'west',
  seenAt: 0,
  epoch: 1,
  generation: null,
  inForce: true,
  haproxy: { running: true, version: '2.6', reloads: 2, pid: 7 },
  servers: [
    {
      component: 'api',
      stamp: 'west-1-aaaaaa',
      state: 'drain',
      weight: 0,
      sessions: 3,
      requests: 40,
      errors: { connect: 1, response: 2, status5xx: 3, retries: 4, redispatches: 5 },
      queued: 0,
      queueMs: 1,
      connectMs: 2,
      responseMs: 30,
      checkStatus: 'L7OK',
      checkDetail: '',
    },
  ],
  detours: [],
  pool: null,
  shed: [],
};

test('what was read back of HAProxy is told server by server', () => {
  const text = renderGatewayMetrics(report);
  const server = 'region="west",component="api",stamp="west-1-aaaaaa"';
  for (const line of [
    'alwayson_gateway_epoch{region="west"} 1',
    'alwayson_gateway_reloads{region="west"} 2',
    `alwayson_gateway_server_state{${server},state="drain"} 1`,
    `alwayson_gateway_server_state{${server},state="up"} 0`,
    `alwayson_gateway_server_requests_total{${server}} 40`,
    `alwayson_gateway_server_errors_total{${server},kind="redispatches"} 5`,
    `alwayson_gateway_server_duration_seconds{${server},part="response"} 0.03`,
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).not.toContain('alwayson_gateway_generation');
  expect(text).toMatch(/^process_cpu_seconds_total [0-9.]+$/m);
});
