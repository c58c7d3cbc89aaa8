import { Link } from 'wouter';
import { toEntityPath } from '../details/use-shown.ts';
import { useLive } from '../live/live-provider.tsx';
import { findEntity } from '../map/estate.ts';
import classes from './events.module.css';

/** An entity's name, linked to its details while it exists. */
export function EntityText({ name }: { name: string }) {
  const { status } = useLive();
  const known = status !== null && findEntity(status, name) !== undefined;
  if (!known) return <span className={classes.entity}>{name}</span>;
  return (
    <Link className={classes.entity} href={toEntityPath(name)}>
      {name}
    </Link>
  );
}
