/**
 * Water-filling instead of a panic threshold (health.md 3.4, rule 3), for every gateway at once: what its clients ask for is poured into
 * the good stamps of its own region, then into those of others, then into stamps that are still being tried, and only what is
 * left into bad ones. Nothing is ever poured away: beyond all capacity everybody carries too much alike, and `shed` says how much.
 */
export interface FillStamp {
  id: string;
  region: string;
  /** `good` serves; `reserve` is bad or held down, and gets what nobody else can carry; `last` cannot be reached; `never` is off. */
  tier: 'good' | 'reserve' | 'last' | 'never';
  capacity: number;
  /** Part of its fair amount, of good stamps: less than 1 while in trial or slow start. */
  factor: number;
  isDegraded: boolean;
  /** Part of its recent requests that were good. */
  success: number;
}

export interface FillGateway {
  region: string;
  /** Requests per second of its clients. */
  demand: number;
}

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
  overflow: number;
  shed: number;
  isHalved: boolean;
}

/** The next minute may ask for a little more than the last. */
const headroom = 1.1;
/** A pool without demand is judged as if a little came: who would get it is decided all the same. */
const demandMin = 1;
/** What makes degraded stamps whole again must be clearly over before they are halved again. */
const halvingMargin = 1.1;
/** A stamp that failed lately at everything is still tried. */
const successMin = 0.01;

interface Taker {
  id: string;
  weight: number;
  room: number;
}

export function fillShares(
  stamps: readonly FillStamp[],
  gateways: readonly FillGateway[],
  { wasHalved = true }: FillOptions = {},
): Fill {
  const needs = gateways.map(({ region, demand }) => ({
    region,
    left: Math.max(demand * headroom, demandMin),
  }));
  const need = needs.reduce((sum, { left }) => sum + left, 0);
  const good = stamps.filter(({ tier }) => tier === 'good');
  const isHalved = canHalve(good, need, wasHalved);
  const pour = createPour(stamps, needs);

  const fair =
    need /
    Math.max(
      1e-9,
      sumOf(good, ({ capacity }) => capacity),
    );
  const toTaker = (stamp: FillStamp): Taker => {
    const degraded = stamp.isDegraded && isHalved ? 0.5 : 1;
    const room = stamp.capacity * (stamp.factor < 1 ? Math.min(1, stamp.factor * fair) : 1);
    return { id: stamp.id, weight: stamp.capacity * stamp.factor * degraded, room };
  };
  for (const gateway of needs) {
    pour.from([gateway], good.filter(({ region }) => region === gateway.region).map(toTaker));
  }
  pour.from(needs, good.map(toTaker));
  pour.from(
    needs,
    good.map((stamp) => ({ ...toTaker(stamp), room: stamp.capacity })),
  );

  const reserve = stamps.filter(({ tier }) => tier === 'reserve');
  const toReserve = ({ id, capacity, success }: FillStamp) => {
    return { id, weight: capacity * Math.max(success, successMin), room: capacity };
  };
  const overflow = pour.from(needs, reserve.map(toReserve));

  const live = [...good, ...reserve];
  const toAll = ({ id, capacity }: FillStamp): Taker => ({ id, weight: capacity, room: Infinity });
  if (live.length === 0) {
    const last = stamps.filter(({ tier }) => tier === 'last');
    for (const gateway of needs) {
      const own = last.filter(({ region }) => region === gateway.region);
      pour.from([gateway], (own.length > 0 ? own : last).map(toAll));
    }
  }
  pour.from(needs, live.map(toAll));
  const demand = sumOf(gateways, (gateway) => gateway.demand);
  const shed = Math.max(0, demand - sumOf(live, ({ capacity }) => capacity));
  return { rows: pour.rows, amounts: pour.amounts, need, overflow, shed, isHalved };
}

/** Degraded stamps get half only while the others could carry everything (rule 5). */
function canHalve(good: readonly FillStamp[], need: number, wasHalved: boolean): boolean {
  const whole = good.filter(({ isDegraded }) => !isDegraded);
  const covered = sumOf(whole, ({ capacity, factor }) => capacity * factor);
  return covered >= need * (wasHalved ? 1 : halvingMargin);
}

interface Need {
  region: string;
  left: number;
}

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
