import type { EntityKind, HealthReport } from '@alwayson/protocol/health.ts';
import { clipReason } from './clip-reason.ts';
import { describeStaleness } from './describe-staleness.ts';
import { partialLegend, sayHealth, sayState } from './health-words.ts';
import type { Painter } from './terminal.ts';

export interface HealthView {
  nowMs: number;
  /** Id of the entity on top; the workload when none is named. */
  entity?: string | undefined;
  /** Healthy parts too, each on a line of its own, and no bound. */
  all?: boolean | undefined;
}

type Entity = HealthReport['entities'][number];

const rootCausesShown = 5;
const linesMax = 100;

const plurals: Record<EntityKind, string> = {
  workload: 'workloads',
  flow: 'flows',
  'front-door': 'front doors',
  component: 'components',
  store: 'stores',
  'store-region': 'regions of stores',
  stamp: 'stamps',
  'stamp-component': 'components of stamps',
  region: 'regions',
  zone: 'zones',
  host: 'hosts',
  unit: 'units',
};

/** What is wrong at its root first, then everything from one entity down. What is healthy all the way down is one line. */
export function renderHealth(report: HealthReport, painter: Painter, view: HealthView): string {
  const byId = new Map(report.entities.map((entity) => [entity.id, entity]));
  const top = byId.get(view.entity ?? '') ?? report.entities[0];
  if (top === undefined) return 'The health model is empty: nothing has been told yet.';
  const tree = [...createTree(report, painter, view).branch(top, 0)];
  const bound = view.all ? tree.length : linesMax;
  const hidden = tree.length - bound;
  return [
    ...describeBlindness(report),
    ...describeStaleness(report.at, view.nowMs).flatMap((line) => [line, '']),
    ...renderWhy(top, byId, { painter, nowMs: Date.parse(report.at) }),
    ...tree.slice(0, bound),
    ...(hidden > 0 ? [`... and ${hidden} more lines: see all of them with --all.`] : []),
    ...(tree.some((line) => line.includes('healthy*')) ? ['', partialLegend] : []),
  ].join('\n');
}

function describeBlindness({ blindObservers }: HealthReport): string[] {
  if (blindObservers.length === 0) return [];
  const [reach, they] = blindObservers.length === 1 ? ['reaches', 'it watches'] : ['reach', 'they watch'];
  const names = blindObservers.join(', ');
  return [
    `BLIND: ${names} ${reach} nobody. What ${they} is shown as it was last seen, and may be otherwise.`,
    '',
  ];
}

function renderWhy(
  { state, rootCauses, reason }: Entity,
  byId: ReadonlyMap<string, Entity>,
  { painter, nowMs }: { painter: Painter; nowMs: number },
): string[] {
  if (state === 'healthy') return [];
  const shown = rootCauses.slice(0, rootCausesShown);
  const [first] = shown;
  if (first === undefined) return [`Why: ${clipReason(reason ?? 'no cause is known')}`, ''];
  const more = rootCauses.length - shown.length;
  const causes = shown.map((id) => {
    const cause = byId.get(id);
    return cause === undefined
      ? `  ${id}`
      : `  ${painter.sign(cause.state)} ${painter.paint('bold', id)} ${sayHealth(cause, nowMs)}`;
  });
  return [
    'Why:',
    ...causes,
    ...(more > 0 ? [`  and ${more} more`] : []),
    `  More: ./alwayson explain ${first}`,
    '',
  ];
}

/** Each entity is drawn out once, where it is met first; after that it is only named. */
function createTree(report: HealthReport, { sign }: Painter, { all }: HealthView) {
  const byId = new Map(report.entities.map((entity) => [entity.id, entity]));
  const calm = findCalm(report.entities);
  const drawn = new Set<string>();
  const nowMs = Date.parse(report.at);
  const line = (entity: Entity, depth: number, text: string) =>
    `${'  '.repeat(depth)}${sign(entity.state)} ${entity.id}${sayCriticality(entity)} ${text}`;

  function* branch(entity: Entity, depth: number): Generator<string> {
    drawn.add(entity.id);
    yield line(entity, depth, sayHealth(entity, nowMs));
    const children = entity.children.flatMap(({ to }) => byId.get(to) ?? []);
    const folded: Entity[] = [];
    for (const child of children) {
      const isDrawn = drawn.has(child.id);
      if (!all && (calm.has(child.id) || (isDrawn && isWell(child)))) {
        // Flows are what users see: below the workload each has its line, however it is.
        if (child.kind === 'flow' && depth === 0) yield line(child, depth + 1, sayHealth(child, nowMs));
        else folded.push(child);
      } else if (isDrawn) {
        yield line(child, depth + 1, `${sayState(child)}, see above`);
      } else {
        yield* branch(child, depth + 1);
      }
    }
    if (folded.length > 0) yield `${'  '.repeat(depth + 1)}${sign('healthy')} healthy: ${sayGroup(folded)}`;
  }
  return { branch };
}

function sayCriticality({ kind, criticality }: Entity): string {
  return kind === 'flow' && criticality !== undefined ? ` (${criticality})` : '';
}

/** Well, and everything below too. Children stand after their parents. */
function findCalm(entities: readonly Entity[]): ReadonlySet<string> {
  const troubled = new Set<string>();
  for (const entity of entities.toReversed()) {
    if (!isWell(entity) || entity.children.some(({ to }) => troubled.has(to))) troubled.add(entity.id);
  }
  return new Set(entities.map(({ id }) => id).filter((id) => !troubled.has(id)));
}

/** Healthy, and nothing to say about it. */
function isWell({ state, partial, flags }: Entity): boolean {
  return state === 'healthy' && !partial && flags.length === 0;
}

/** `2 regions, zone:witness` */
function sayGroup(entities: readonly Entity[]): string {
  const byKind = Map.groupBy(entities, ({ kind }) => kind);
  return [...byKind]
    .map(([kind, [first, ...others]]) =>
      others.length === 0 ? (first?.id ?? '') : `${others.length + 1} ${plurals[kind]}`,
    )
    .join(', ');
}
