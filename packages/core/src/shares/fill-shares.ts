import { type FillGateway, type FillStamp, type Lane, toLanes } from './fill-lanes.ts';

export interface FillOptions {
  /** Degraded stamps got half of theirs before; unset when there is no before. */
  wasHalved?: boolean;
}

export interface Fill {
  /** Gateway region -> stamp -> requests per second, with headroom. */
  rows: Record<string, Record<string, number>>;
  /** Stamp -> requests per second, with headroom; together they are `need`. */
  amounts: Record<string, number>;
  need: number;
  /** Of the good stamps that may be used. */
  capacity: number;
  overflow: number;
  shed: number;
  isHalved: boolean;
}

/** What makes degraded stamps whole again must be clearly over before they are halved again. */
const halvingMargin = 1.1;
/** A stamp that failed lately at everything is still tried. */
const successMin = 0.01;

interface Taker {
  id: string;
  weight: number;
  room: number;
}
type Pour = ReturnType<typeof createPour>;

/**
 * Water-filling instead of a panic threshold (health.md 3.4, rule 3), for every gateway at once: what its clients ask for is poured into
 * the good stamps of its own region, then into those of others, then into stamps that are still being tried, and only what is
 * left into bad ones. Nothing is ever poured away: beyond all capacity everybody carries too much alike, and `shed` says how much.
 *
 * While two releases share the traffic each gateway has two lanes: the candidate's part is poured into its stamps, the rest into the
 * others, in that order each; what does not fit or finds nobody good flows over into the other lane's stamps.
 */
export function fillShares(
  stamps: readonly FillStamp[],
  gateways: readonly FillGateway[],
  { wasHalved = true }: FillOptions = {},
): Fill {
  const lanes = toLanes(stamps, gateways);
  const need = sumOf(lanes, ({ left }) => left);
  const used = new Set(lanes.flatMap(({ reach }) => reach));
  const reached = stamps.filter((stamp) => used.has(stamp));
  const good = reached.filter(isGood);
  const isHalved = canHalve(good, need, wasHalved);
  const toTaker = createToTaker(lanes, isHalved);
  const pour = createPour(stamps, lanes);
  pourGood(lanes, pour, toTaker);
  const overflow = pourReserve(lanes, pour);
  pourRest(lanes, pour);
  const demand = sumOf(gateways, (gateway) => gateway.demand);
  const shed = Math.max(0, demand - sumOf(reached.filter(isLive), ({ capacity }) => capacity));
  const capacity = sumOf(good, (stamp) => stamp.capacity);
  return { rows: pour.rows, amounts: pour.amounts, need, capacity, overflow, shed, isHalved };
}

const isGood = ({ tier }: FillStamp) => tier === 'good';
const isLive = ({ tier }: FillStamp) => tier === 'good' || tier === 'reserve';

/** A stamp that is not fully in yet has little room, a degraded one half the weight. */
function createToTaker(lanes: readonly Lane[], isHalved: boolean) {
  const fair = new Map(
    byList(lanes, ({ takes }) => takes).flatMap(([takes, own]) => {
      const need = sumOf(own, ({ left }) => left);
      const capacity = sumOf(takes.filter(isGood), (stamp) => stamp.capacity);
      return takes.map((stamp) => [stamp, need / Math.max(1e-9, capacity)] as const);
    }),
  );
  return (stamp: FillStamp): Taker => {
    const degraded = stamp.isDegraded && isHalved ? 0.5 : 1;
    const part = stamp.factor < 1 ? Math.min(1, stamp.factor * (fair.get(stamp) ?? 0)) : 1;
    return {
      id: stamp.id,
      weight: stamp.capacity * stamp.factor * degraded,
      room: stamp.capacity * part,
    };
  };
}

/** The good ones: of the own region, of all, those of the other lane; and beyond what trials may get once all others are full. */
function pourGood(lanes: readonly Lane[], pour: Pour, toTaker: (stamp: FillStamp) => Taker): void {
  const toWhole = (stamp: FillStamp) => ({ ...toTaker(stamp), room: stamp.capacity });
  for (const list of ['takes', 'spills'] as const) {
    for (const lane of lanes) {
      const own = lane[list].filter((stamp) => isGood(stamp) && stamp.region === lane.region);
      pour.from([lane], own.map(toTaker));
    }
    for (const [stamps, own] of byList(lanes, (lane) => lane[list])) {
      pour.from(own, stamps.filter(isGood).map(toTaker));
    }
  }
  for (const list of ['takes', 'spills'] as const) {
    for (const [stamps, own] of byList(lanes, (lane) => lane[list])) {
      pour.from(own, stamps.filter(isGood).map(toWhole));
    }
  }
}

/** Returns how much bad stamps have to carry. */
function pourReserve(lanes: readonly Lane[], pour: Pour): number {
  const toReserve = ({ id, capacity, success }: FillStamp): Taker => {
    return { id, weight: capacity * Math.max(success, successMin), room: capacity };
  };
  let fitted = 0;
  for (const list of ['takes', 'spills'] as const) {
    for (const [stamps, own] of byList(lanes, (lane) => lane[list])) {
      fitted += pour.from(own, stamps.filter(({ tier }) => tier === 'reserve').map(toReserve));
    }
  }
  return fitted;
}

/** What is left goes to everybody who lives, whatever they can carry; else to those that cannot be reached. */
function pourRest(lanes: readonly Lane[], pour: Pour): void {
  const toAll = ({ id, capacity }: FillStamp): Taker => ({ id, weight: capacity, room: Infinity });
  for (const lane of lanes) {
    if (lane.reach.some(isLive)) continue;
    const isOwn = ({ region }: FillStamp) => region === lane.region;
    const lists = [lane.takes.filter(isOwn), lane.takes, lane.spills.filter(isOwn), lane.spills];
    const lasts = lists.map((list) => list.filter(({ tier }) => tier === 'last'));
    pour.from([lane], (lasts.find((list) => list.length > 0) ?? []).map(toAll));
  }
  for (const [reach, own] of byList(lanes, (lane) => lane.reach)) {
    pour.from(own, reach.filter(isLive).map(toAll));
  }
}

/** Lanes that share a list pour together, so that nobody is served first. */
function byList(lanes: readonly Lane[], listOf: (lane: Lane) => readonly FillStamp[]) {
  return [...Map.groupBy(lanes, listOf)];
}

/** Degraded stamps get half only while the others could carry everything (rule 5). */
function canHalve(good: readonly FillStamp[], need: number, wasHalved: boolean): boolean {
  const whole = good.filter(({ isDegraded }) => !isDegraded);
  const covered = sumOf(whole, ({ capacity, factor }) => capacity * factor);
  return covered >= need * (wasHalved ? 1 : halvingMargin);
}

type Need = Pick<Lane, 'region' | 'left'>;

/** Keeps account of who sends how much to whom, over all stages. */
function createPour(stamps: readonly FillStamp[], needs: readonly Need[]) {
  const amounts: Record<string, number> = Object.fromEntries(stamps.map(({ id }) => [id, 0]));
  const rows: Fill['rows'] = Object.fromEntries(needs.map(({ region }) => [region, {}]));
  return {
    amounts,
    rows,
    /** Pours as much as fits and takes it off the needs; every need gives its part. Returns how much fitted. */
    from(givers: readonly Need[], takers: readonly Taker[]): number {
      const asked = sumOf(givers, ({ left }) => left);
      if (asked <= 1e-9) return 0;
      const free = takers.map((taker) => ({ ...taker, room: taker.room - (amounts[taker.id] ?? 0) }));
      const given = spread(asked, free);
      for (const { region, left } of givers) {
        const row = (rows[region] ??= {});
        for (const [id, amount] of given) row[id] = (row[id] ?? 0) + (amount * left) / asked;
      }
      for (const [id, amount] of given) amounts[id] = (amounts[id] ?? 0) + amount;
      const fitted = sumOf([...given.values()], (amount) => amount);
      for (const giver of givers) giver.left *= 1 - Math.min(1, fitted / asked);
      return fitted;
    },
  };
}

/** Splits an amount by weight; who is full gives the rest to the others. */
export function spread(amount: number, takers: readonly Taker[]): Map<string, number> {
  const given = new Map<string, number>();
  let left = amount;
  let open = takers.filter(({ weight, room }) => weight > 0 && room > 1e-9);
  while (open.length > 0 && left > 1e-9) {
    const unit = left / sumOf(open, ({ weight }) => weight);
    const full = open.filter(({ weight, room }) => weight * unit >= room);
    for (const { id, weight, room } of full.length > 0 ? full : open) {
      const part = full.length > 0 ? room : weight * unit;
      given.set(id, part);
      left -= part;
    }
    open = full.length > 0 ? open.filter((taker) => !full.includes(taker)) : [];
  }
  return given;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
