import { Manifest } from '@alwayson/protocol/manifest.ts';
import { SloReport } from '@alwayson/protocol/slo.ts';
import { expect, test } from 'vitest';
import { reportSlo } from '../../src/slo/report-slo.ts';
import { createTrafficLedger } from '../../src/slo/traffic-ledger.ts';
import { momentAfter, repeat, type ScriptSlice, toHistories } from './traffic-script.ts';

const manifest = Manifest.parse({
  name: 'shop',
  owner: 'team shop',
  regions: [{ name: 'west' }, { name: 'east' }],
  components: [{ name: 'api', command: ['node', 'api.js'], routes: ['/'] }],
  flows: [
    { name: 'buy', criticality: 'high', path: ['api'], objective: { availability: 99.9, latencyP99Ms: 300 } },
    { name: 'sync', kind: 'system', path: ['api'], objective: { availability: 99.999 } },
  ],
});

function createLedger() {
  return createTrafficLedger(
    manifest.regions.map(({ name }) => name),
    manifest.flows.map(({ name, objective }) => ({ name, latencyP99Ms: objective.latencyP99Ms })),
  );
}

function report(west: readonly (ScriptSlice | undefined)[]) {
  const ledger = createLedger();
  for (const history of toHistories({ west, east: west.map(() => ({})) })) ledger.add(history);
  return reportSlo(manifest, ledger, momentAfter(west.length));
}

test('the report has every figure of every flow, and survives the wire', () => {
  const made = report(repeat(60, { counts: { ok: 10 } }));
  expect(SloReport.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  const wanted =
    'name objective window measured coverage lowerBound interval budgetRemaining burnRates good bad total composite';
  expect(Object.keys(made.flows[0] ?? {})).toEqual(expect.arrayContaining(wanted.split(' ')));
  for (const burn of made.flows[0]?.burnRates ?? []) {
    expect(Object.keys(burn)).toEqual(
      expect.arrayContaining(['long', 'short', 'rate', 'threshold', 'firing']),
    );
  }
  expect(made.workload).toMatchObject({
    name: 'shop',
    objective: 0.9995,
    good: 600,
    measured: 1,
    worstFlow: 'buy',
  });
  expect(made.flows.map(({ state }) => state)).toEqual(['ok', 'no-traffic']);
});

test('RQ-04: an objective above the composite is a finding that names the weakest factor', () => {
  const { findings, flows } = report([]);
  expect(flows.map(({ attainable }) => attainable)).toEqual([true, false]);
  expect(findings).toEqual([
    {
      rule: 'RQ-04',
      flow: 'sync',
      message: expect.stringMatching(
        /^The objective 99\.9990 % is above the composite 99\.95\d\d %: a factor of 1\.0004\d\d is missing\. The weakest factor is stamps with 99\.97\d\d % \(3 of 4 stamps/,
      ),
    },
  ]);
});

test('the workload is never better than its worst flow of high criticality', () => {
  const other: ScriptSlice = { counts: { ok: 10 } };
  const ledger = createLedger();
  const [west] = toHistories({ west: repeat(360, other) });
  if (west === undefined) throw new Error('There is a history.');
  // A thousand times the requests of the flow that is bad since ten minutes.
  const sync = west.buckets.map((each) => ({
    ...each,
    flow: 'sync',
    latency: each.latency.map((n) => n * 1000),
  }));
  const buy = west.buckets.map((each, index) =>
    index < 300 ? each : { ...each, cause: 'timeout' as const },
  );
  ledger.add({ ...west, buckets: [...sync, ...buy] });
  const { flows, workload } = reportSlo(manifest, ledger, momentAfter(360));
  expect(flows.map(({ state }) => state)).toEqual(['burning', 'ok']);
  expect(workload.measured).toBeGreaterThan(0.9995);
  expect(workload).toMatchObject({ state: 'burning', reason: expect.stringMatching(/^buy: Over 1h/) });
});

test('a flow of which no history speaks has no telemetry', () => {
  const { flows, workload } = reportSlo(manifest, createLedger(), momentAfter(60));
  expect(flows.map(({ state, coverage }) => [state, coverage])).toEqual([
    ['no-telemetry', 0],
    ['no-telemetry', 0],
  ]);
  expect(workload.measured).toBeNull();
});
