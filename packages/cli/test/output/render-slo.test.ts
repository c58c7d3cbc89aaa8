import { type OpenSloDocument, toOpenSlo } from '@alwayson/protocol/open-slo.ts';
import { SloReport } from '@alwayson/protocol/slo.ts';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderOpenSlo } from '../../src/output/render-open-slo.ts';
import { renderSlo } from '../../src/output/render-slo.ts';
import type { Painter } from '../../src/output/terminal.ts';
import { createFigures, createFlowSlo, createSloReport } from '../support/sample-slo.ts';

const painter: Painter = { paint: (_, text) => text, sign: (state) => `[${state}]` };

test('when all is well there is a table and nothing else', () => {
  expect(renderSlo(createSloReport(), painter).split('\n')).toEqual([
    '                objective  measured  coverage  lower bound  95 % interval         budget left  burn over 28d',
    '[healthy] buy           99.95 %    99.999 %  100 %     99.999 %     99.997 % to 99.999 %  99 %         0.0 over 1h',
    '[healthy] all together  99.95 %    99.999 %  100 %     99.999 %     99.997 % to 99.999 %  99 %         0.0 over 1h',
  ]);
});

test('what burns, what is not covered and what cannot be reached is said in sentences', () => {
  const [first] = createFigures().burnRates;
  if (first === undefined) throw new Error('The sample has a burn rate.');
  const report = createSloReport({
    flows: [
      createFlowSlo({
        state: 'burning',
        reason: 'Over 1h the error budget is spent 20.0 times too fast.',
        exhaustedInSeconds: 120_000,
        minutesDown: 3,
        coverage: 0.98765,
        lowerBound: 0.98,
        burnRates: [{ ...first, rate: 20, firing: true }],
      }),
      createFlowSlo({
        name: 'sync',
        state: 'no-telemetry',
        reason: 'No telemetry has arrived.',
        measured: null,
        lowerBound: null,
        interval: [0, 1],
        budgetRemaining: null,
        burnRates: [],
      }),
    ],
    workload: { ...createFigures(), worstFlow: 'buy', unanswered: 2 },
    findings: [{ rule: 'RQ-04', flow: 'sync', message: 'The objective is above the composite.' }],
  });
  const text = renderSlo(report, painter);
  expect(text).toContain('20.0 over 1h, page');
  expect(text).toMatch(/\[unknown] sync +99\.95 % +- +100 % +- +- +- +-\n/);
  expect(text.split('\n').slice(-5)).toEqual([
    'buy is burning: Over 1h the error budget is spent 20.0 times too fast. At this rate nothing is left in 33 h. It was down for 3 min.',
    'sync is no-telemetry: No telemetry has arrived.',
    'Coverage is 98.765 %: in the rest of the time the telemetry is not complete; the lower bound counts it as bad.',
    '2 requests were dropped without an answer when a stamp died, of which flow is not known: the lower bound of each counts them as bad.',
    'sync (RQ-04): The objective is above the composite.',
  ]);
});

test('OpenSLO: every flow with its method, objectives and alert policies, each document named once', () => {
  const report = SloReport.parse(
    createSloReport({ flows: [createFlowSlo(), createFlowSlo({ name: 'sync', method: 'timeslices' })] }),
  );
  const documents = parseAllDocuments(renderOpenSlo(toOpenSlo(report))).map(
    (document) => document.toJS() as OpenSloDocument,
  );
  expect(documents).toEqual(toOpenSlo(report));
  const names = documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual([
    'DataSource alwayson',
    'AlertNotificationTarget alwayson-alerts',
    'Service shop',
    'SLO workload',
    'AlertPolicy workload-1h',
    'AlertPolicy workload-56m',
    'SLO availability-buy',
    'AlertPolicy availability-buy-1h',
    'AlertPolicy availability-buy-56m',
    'SLO latency-buy',
    'SLO availability-sync',
    'AlertPolicy availability-sync-1h',
    'AlertPolicy availability-sync-56m',
    'SLO latency-sync',
  ]);
  const find = (name: string) => documents.find(({ metadata }) => metadata.name === name);
  expect(find('availability-buy')).toMatchObject({
    apiVersion: 'openslo/v1',
    spec: {
      service: 'shop',
      timeWindow: [{ duration: '28d', isRolling: true }],
      budgetingMethod: 'Occurrences',
      objectives: [{ displayName: 'Available', target: 0.9995 }],
      alertPolicies: [{ alertPolicyRef: 'availability-buy-1h' }, { alertPolicyRef: 'availability-buy-56m' }],
    },
  });
  expect(find('availability-sync')).toMatchObject({
    spec: {
      budgetingMethod: 'Timeslices',
      objectives: [{ target: 0.9995, timeSliceTarget: 0.95, timeSliceWindow: '1m' }],
    },
  });
  expect(find('availability-buy-1h')).toMatchObject({
    metadata: { annotations: { 'alwayson.dev/short-window': '5m' } },
    spec: {
      alertWhenNoData: true,
      conditions: [
        {
          kind: 'AlertCondition',
          spec: {
            severity: 'page',
            condition: {
              kind: 'burnrate',
              op: 'gt',
              threshold: 13.44,
              lookbackWindow: '1h',
              alertAfter: '0m',
            },
          },
        },
      ],
      notificationTargets: [{ targetRef: 'alwayson-alerts' }],
    },
  });
});
