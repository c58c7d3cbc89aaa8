import { Manifest, type ManifestInput } from '@alwayson/protocol/manifest.ts';
import { toTracing } from '@alwayson/protocol/telemetry.ts';
import { expect, test } from 'vitest';
import { renderStampUnits } from '../../src/estate/stamp-units.ts';
import { environmentOf, manifestOf } from '../api/fixtures.ts';

const stamp = {
  id: 'west-1-abcdef',
  region: 'west',
  zone: 'west-1',
  release: 'abcdef012345',
  address: '127.209.1.1',
  ordinal: 0,
  agentPort: 10_000,
  ports: { api: 10_001 },
};

function variablesOf(change: Partial<ManifestInput>) {
  const manifest = Manifest.parse({ ...manifestOf(), ...change });
  const input = {
    environment: environmentOf(),
    manifest,
    stamp,
    generation: 1,
    folder: { tree: '/', builds: new Map() },
  };
  const [agent, component] = renderStampUnits(input);
  return { agent: agent?.env ?? {}, component: component?.env ?? {} };
}

test('with a collector every component is told of it in the standard variables', () => {
  const otlpEndpoint = 'http://127.0.0.1:4318';
  const { agent, component } = variablesOf({ telemetry: { otlpEndpoint, sampleRatio: 0.25 } });
  expect(component).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    OTEL_SERVICE_NAME: 'api',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  });
  expect(component['OTEL_RESOURCE_ATTRIBUTES']).toContain(
    'service.namespace=shop,service.version=abcdef012345',
  );
  expect(Object.keys(agent).filter((name) => name.startsWith('OTEL_'))).toEqual([]);
});

test("a component's own variables win, and without a collector there are none", () => {
  const own = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9999' };
  const components = [{ name: 'api', command: ['node', 'api.ts'], routes: ['/'], environment: own }];
  const telemetry = { otlpEndpoint: 'http://127.0.0.1:4318' };
  expect(variablesOf({ components, telemetry }).component).toMatchObject(own);
  expect(Object.keys(variablesOf({}).component).filter((name) => name.startsWith('OTEL_'))).toEqual([]);
});

test('the manifest takes an endpoint without a password and a ratio, and gateways are told the ratio', () => {
  const parse = (telemetry: unknown) => Manifest.safeParse({ ...manifestOf(), telemetry });
  expect(parse({ otlpEndpoint: 'http://user:secret@127.0.0.1:4318' }).success).toBe(false);
  expect(parse({ otlpEndpoint: 'collector:4318' }).success).toBe(false);
  expect(parse({ sampleRatio: 2 }).success).toBe(false);
  expect(toTracing(manifestOf().telemetry)).toEqual({});
  expect(toTracing({ otlpEndpoint: 'http://127.0.0.1:4318', sampleRatio: 0.5 })).toEqual({
    tracing: { sampleRatio: 0.5 },
  });
});
