import type { SharesReport, SharesStamp } from '@alwayson/protocol/shares.ts';

export function createSharesStamp(id: string, change: Partial<SharesStamp> = {}): SharesStamp {
  return {
    id,
    region: id.split('-')[0] ?? '',
    release: 'abc',
    class: 'ok',
    since: '2026-01-01T09:00:00.000Z',
    share: 0.5,
    weight: 128,
    capacity: 200,
    demand: 30.25,
    standing: { kind: 'serving', since: '2026-01-01T09:00:00.000Z', factor: 1, strikes: 0 },
    ...change,
  };
}

export function createSharesReport(change: Partial<SharesReport> = {}): SharesReport {
  return {
    at: '2026-01-01T10:00:00.000Z',
    generation: 7,
    since: '2026-01-01T09:55:00.000Z',
    blind: false,
    demand: 60.5,
    capacity: 400,
    cause: { kind: 'none', stamps: [], dependencies: [] },
    overflow: 0,
    shed: 0,
    refused: [],
    regions: [
      { region: 'west', evacuate: false },
      { region: 'east', evacuate: false },
    ],
    stamps: [createSharesStamp('west-1-abc'), createSharesStamp('east-1-abc')],
    pools: [],
    detours: [],
    findings: [],
    ...change,
  };
}
