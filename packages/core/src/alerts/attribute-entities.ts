import { telemetryCause } from './alert-kind.ts';
import type { AlertEntity } from './alert-input.ts';

/** A root cause, and what stands above it. */
export interface CauseGroup {
  /** Undefined for missing telemetry, which is no entity. */
  entity: AlertEntity | undefined;
  affects: Set<string>;
  /** Bad parts of the entity, when it is bad as a whole. */
  covers: Set<string>;
}

export type EntityIndex = ReadonlyMap<string, AlertEntity>;

/** Who suffers, and is named in the alert of what it suffers from. */
const symptomKinds: ReadonlySet<string> = new Set(['flow', 'workload']);

/** What can be bad as a whole, and the kinds of its parts: whatever is inside stands or falls with it. */
const partKinds: Readonly<Record<string, readonly string[]>> = {
  stamp: ['stamp-component', 'unit'],
  zone: ['host', 'unit', 'stamp', 'stamp-component'],
  region: ['zone', 'host', 'unit', 'stamp', 'stamp-component', 'store-region'],
  store: ['unit', 'store-region'],
  'store-region': ['unit'],
};

/** A store that does not serve is the trouble, however few of its servers are; elsewhere one bad part is one bad part. */
function partsMin(kind: string, isCauseItself: boolean): number {
  return isCauseItself || kind === 'store' || kind === 'store-region' ? 1 : 2;
}

/**
 * Every entity that is not well, put to its root causes. When several parts of a store, stamp, zone or region are bad and with them the
 * whole, the whole is the cause. `covered` are the parts that open alerts stand for already: they stay there while the whole is not well.
 */
export function attributeEntities(
  index: EntityIndex,
  covered: ReadonlyMap<string, readonly string[]>,
): Map<string, CauseGroup> {
  const notWell = [...index.values()].filter((entity) => isBad(entity) || isUnseen(entity));
  const roots = new Map(notWell.map((entity) => [entity.id, findRoots(entity, index)]));
  const wholes = findWholes(roots, index);
  addCovered(wholes, covered, index);
  const groups = new Map<string, CauseGroup>();
  for (const entity of notWell) {
    for (const root of roots.get(entity.id) ?? []) {
      const id = wholes.get(root) ?? root;
      const group = groups.get(id) ?? createGroup(index.get(id));
      groups.set(id, group);
      if (id !== root) group.covers.add(root);
      if (entity.id !== id) group.affects.add(entity.id);
    }
  }
  for (const group of groups.values()) for (const part of group.covers) group.affects.delete(part);
  return joinBlindness(groups);
}

export function createGroup(entity: AlertEntity | undefined): CauseGroup {
  return { entity, affects: new Set(), covers: new Set() };
}

function isBad(entity: AlertEntity | undefined): boolean {
  return entity?.state === 'unhealthy' || entity?.state === 'degraded';
}

/** Nothing is known of it, though something should be. */
function isUnseen({ state, flags }: AlertEntity): boolean {
  const isAbsent = (['starting', 'draining', 'maintenance', 'aside'] as const).some((flag) =>
    flags.includes(flag),
  );
  return state === 'unknown' && !isAbsent;
}

function findRoots(entity: AlertEntity, index: EntityIndex): string[] {
  const others = entity.rootCauses
    .filter((id) => id !== entity.id)
    .map((id) => toRoot(index.get(id)))
    .filter((id) => id !== undefined);
  const own = isBad(entity) ? entity.id : telemetryCause;
  if (others.length === 0) return [own];
  const isCauseToo = entity.rootCauses.includes(entity.id) && !symptomKinds.has(entity.kind);
  return [...new Set(isCauseToo ? [...others, own] : others)];
}

function toRoot(entity: AlertEntity | undefined): string | undefined {
  if (entity === undefined) return undefined;
  if (isBad(entity)) return entity.id;
  return isUnseen(entity) ? telemetryCause : undefined;
}

/** From a part to the whole that it is told as. The largest whole takes its parts first. */
function findWholes(roots: ReadonlyMap<string, readonly string[]>, index: EntityIndex): Map<string, string> {
  const wholes = new Map<string, string>();
  for (const { id, parts } of listCandidates(roots, index)) {
    const left = parts.filter((part) => !wholes.has(part));
    const isCauseItself = roots.get(id)?.includes(id) === true;
    if (wholes.has(id) || left.length < partsMin(index.get(id)?.kind ?? '', isCauseItself)) continue;
    for (const part of left) wholes.set(part, id);
  }
  return wholes;
}

function listCandidates(roots: ReadonlyMap<string, readonly string[]>, index: EntityIndex) {
  const reach = countReach(roots, index);
  return [...roots]
    .flatMap(([id, causes]) => {
      const entity = index.get(id);
      if (entity?.state !== 'unhealthy' || partKinds[entity.kind] === undefined) return [];
      const parts = causes.filter((cause) => cause !== id && isPartOf(cause, entity.kind, { reach, index }));
      return parts.length > 0 ? [{ id, parts }] : [];
    })
    .toSorted((a, b) => b.parts.length - a.parts.length || (a.id < b.id ? -1 : 1));
}

interface PartContext {
  reach: ReadonlyMap<string, number>;
  index: EntityIndex;
}

/** What also harms another of the same kind is shared by them, and a part of neither. */
function isPartOf(cause: string, kind: string, { reach, index }: PartContext): boolean {
  const isInside = partKinds[kind]?.includes(index.get(cause)?.kind ?? '') === true;
  return isInside && reach.get(`${kind} ${cause}`) === 1;
}

/** How many entities of a kind each cause harms, by `<kind> <cause>`. */
function countReach(roots: ReadonlyMap<string, readonly string[]>, index: EntityIndex): Map<string, number> {
  const reach = new Map<string, number>();
  for (const [id, causes] of roots) {
    const kind = index.get(id)?.kind ?? '';
    if (partKinds[kind] === undefined) continue;
    for (const cause of causes) {
      const key = `${kind} ${cause}`;
      reach.set(key, (reach.get(key) ?? 0) + 1);
    }
  }
  return reach;
}

function addCovered(
  wholes: Map<string, string>,
  covered: ReadonlyMap<string, readonly string[]>,
  index: EntityIndex,
): void {
  const taken = new Set(wholes.values());
  for (const [whole, parts] of covered) {
    if (!isBad(index.get(whole)) || wholes.has(whole)) continue;
    for (const part of parts) {
      const isFree = isBad(index.get(part)) && !wholes.has(part) && !taken.has(part);
      if (isFree) wholes.set(part, whole);
    }
  }
}

/** A blind observer and what is not seen because of it are one trouble. */
function joinBlindness(groups: Map<string, CauseGroup>): Map<string, CauseGroup> {
  const unseen = groups.get(telemetryCause);
  const blind = [...groups.values()].find(({ entity }) => entity?.alertKind === 'observer-blind');
  if (unseen === undefined || blind === undefined) return groups;
  groups.delete(telemetryCause);
  for (const id of unseen.affects) if (id !== blind.entity?.id) blind.affects.add(id);
  return groups;
}
