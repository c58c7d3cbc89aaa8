import { beginHold, declareWriter, endHold, moveWriter } from '@alwayson/core/recovery/authority.ts';
import type { DatabaseWorld } from './database-world.ts';
import { isBeginning } from './world-member.ts';

/** A planned switch of the writer's region, in steps that may come at any time or never. */
export const switchSteps = {
  hold(world: DatabaseWorld): void {
    world.authority = beginHold(world.authority, 'switch', 0) ?? world.authority;
  },

  /** In good order: who is connected gets everything first. */
  stop(world: DatabaseWorld): void {
    const writer = world.members.find(({ id }) => id === world.record.writer);
    if (world.authority.phase !== 'holding' || writer === undefined || writer.isFrozen) return;
    world.replicateAll();
    world.kill(writer.id);
  },

  /** Only to a member that holds all that the stopped writer holds, who was writable: so whoever wrote before it is known to be down. */
  move(world: DatabaseWorld): void {
    const { writer, epoch } = world.record;
    const old = world.members.find(({ id }) => id === writer);
    if (old === undefined || old.isUp || old.data === null || epoch !== world.authority.epoch) return;
    const { data, region } = old;
    if (data.lastRan !== 'primary') return;
    const next = world.members.find(
      (member) =>
        member.region !== region && member.isUp && member.data !== null && isBeginning(data, member.data),
    );
    if (next === undefined) return;
    const moved = moveWriter(world.authority, 'switch', { region: next.region, writer: next.id });
    if (moved === null) return;
    world.authority = moved;
    world.named.add(next.id);
  },

  /** An emergency: whoever has received most in that region is named, whatever the writer is. */
  declare(world: DatabaseWorld, region: string): void {
    const able = world.members.filter(
      (member) =>
        member.region === region &&
        member.isUp &&
        !member.isFrozen &&
        !member.isPrimary &&
        member.data !== null,
    );
    const [best] = able.toSorted((a, b) => (b.data?.log.length ?? 0) - (a.data?.log.length ?? 0));
    if (best === undefined) return;
    world.authority = declareWriter(world.authority, 'emergency', { region: best.region, writer: best.id });
    world.named.add(best.id);
    world.isDeclared = true;
  },

  /** The way back. */
  release(world: DatabaseWorld): void {
    world.authority = endHold(world.authority) ?? world.authority;
  },
};
