import { Link } from 'wouter';
import { toEntityPath } from '../details/use-shown.ts';
import classes from './events.module.css';

/** An entity's name, linked to its details where it has some. */
export function EntityText({ name, linked }: { name: string; linked: boolean }) {
  if (!linked) return <span className={classes.entity}>{name}</span>;
  return (
    <Link className={classes.entity} href={toEntityPath(name)}>
      {name}
    </Link>
  );
}
