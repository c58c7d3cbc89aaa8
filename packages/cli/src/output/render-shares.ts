import type {
  ShareDetour,
  ShareStanding,
  SharesReport,
  SharesStamp,
  ShareWeights,
  StampClass,
} from '@alwayson/protocol/shares.ts';
import type { State } from '@alwayson/protocol/words.ts';
import { clipReason } from './clip-reason.ts';
import { describeStaleness } from './describe-staleness.ts';
import { sayCause } from './say-cause.ts';
import { saySpan } from './say-span.ts';
import type { Painter } from './terminal.ts';
import { renderTable } from './text-table.ts';

const signs = {
  ok: 'healthy',
  degraded: 'degraded',
  soft: 'unhealthy',
  hard: 'unhealthy',
  off: 'unknown',
} as const satisfies Record<StampClass, State>;

const head = ['stamp', 'class', 'share', 'weight', 'capacity', 'demand', 'standing', 'reason'];

/** Who gets which part of the traffic, region by region; under it, in sentences, why, and what is out of the ordinary. */
export function renderShares(report: SharesReport, painter: Painter, nowMs: number): string {
  const atMs = Date.parse(report.at);
  const notes = [
    ...sayCause(report.cause),
    ...describePressure(report),
    ...report.pools.map(
      ({ gateway, weights }) => `The gateway of ${gateway} spreads over ${sayWeights(weights)}.`,
    ),
    ...report.detours.map(describeDetour),
    ...report.findings.map(({ kind, stamp, flow, text }) => {
      return `${stamp}${flow === undefined ? '' : `, flow ${flow}`} (${kind}): ${text}`;
    }),
  ];
  return [
    ...(report.blind ? ['BLIND: nothing can be observed. The shares stay as they were last decided.'] : []),
    ...describeStaleness(report.at, nowMs),
    `Generation ${report.generation} for ${saySpan(atMs - Date.parse(report.since))}: ${sayRate(report.demand)} asked of ${sayRate(report.capacity)} that can be served.`,
    '',
    ...renderStamps(report, painter, atMs),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

function renderStamps({ stamps, regions }: SharesReport, { sign, paint }: Painter, atMs: number): string[] {
  if (stamps.length === 0) return ['There are no stamps.'];
  // One table for all regions, so that columns stand below each other.
  const [heading = '', ...lines] = renderTable([head, ...stamps.map((stamp) => toRow(stamp, atMs))], '');
  const evacuated = regions.filter(({ evacuate }) => evacuate).map(({ region }) => region);
  const byRegion = Map.groupBy(
    stamps.map((stamp, index) => ({ stamp, line: lines[index] ?? '' })),
    ({ stamp }) => stamp.region,
  );
  return [
    paint('bold', `    ${heading}`),
    ...[...byRegion].flatMap(([region, rows]) => [
      evacuated.includes(region)
        ? `region ${region}: EVACUATED, its gateway uses the other regions`
        : `region ${region}`,
      ...rows.map(({ stamp, line }) => `  ${sign(signs[stamp.class])} ${line}`),
    ]),
  ];
}

function toRow(stamp: SharesStamp, atMs: number): string[] {
  const { id, share, weight, capacity, demand, standing, reason } = stamp;
  return [
    id,
    stamp.class,
    sayPart(share),
    `${weight}`,
    sayRate(capacity),
    sayRate(demand),
    sayStanding(standing, atMs),
    clipReason(reason ?? ''),
  ];
}

function sayStanding({ kind, until, factor, strikes }: ShareStanding, atMs: number): string {
  const falls = strikes === 0 ? '' : `, fell ${strikes === 1 ? 'once' : `${strikes} times`}`;
  switch (kind) {
    case 'unseen':
      return 'not admitted yet';
    case 'serving':
      return 'serving';
    case 'trial':
      return `trial at ${sayPart(factor)}${falls}`;
    case 'slow-start':
      return `slow start at ${sayPart(factor)}${falls}`;
    case 'out': {
      const leftMs = until === undefined ? 0 : Date.parse(until) - atMs;
      if (until === undefined || leftMs <= 0) return `out${falls}`;
      const time = new Date(until).toLocaleTimeString('en-GB');
      return `held until ${time} (${saySpan(leftMs)})${falls}`;
    }
  }
}

function describePressure({ overflow, shed, refused }: SharesReport): string[] {
  const parts = refused.map(
    ({ flow, criticality, part, requestsPerSecond }) =>
      `${sayPart(part)} of ${flow} (${criticality}, ${sayRate(requestsPerSecond)})`,
  );
  return [
    ...(overflow > 0
      ? [`Overflow: ${sayRate(overflow)} goes to bad stamps, because the good ones cannot carry it.`]
      : []),
    ...(shed > 0 ? [`Overload: ${sayRate(shed)} more is asked than all can carry together.`] : []),
    ...(parts.length > 0 ? [`Refused, so that more critical flows are served: ${parts.join(', ')}.`] : []),
  ];
}

function describeDetour({ flow, cause, weights, overflow }: ShareDetour): string {
  const [why = 'The cause is over, and so is this soon.'] = sayCause(cause);
  const pressure = overflow > 0 ? ` ${sayRate(overflow)} of it goes to bad stamps.` : '';
  return `Flow ${flow} goes its own way: ${sayWeights(weights)}. ${why}${pressure}`;
}

/** `west-1-ab12cd 128, west-2-ab12cd 0` */
function sayWeights(weights: ShareWeights): string {
  return Object.entries(weights)
    .map(([stamp, weight]) => `${stamp} ${weight}`)
    .join(', ');
}

function sayRate(requestsPerSecond: number): string {
  return `${Number(requestsPerSecond.toFixed(1))}/s`;
}

function sayPart(ratio: number): string {
  return `${Number((ratio * 100).toFixed(1))} %`;
}
