import { useShown } from '../details/use-shown.ts';
import classes from './entity-name.module.css';

/** The name of a region, zone or stamp; opens its details. */
export function EntityName({ name, kind }: { name: string; kind: 'region' | 'zone' | 'stamp' }) {
  const { show } = useShown();
  return (
    <button type="button" className={classes.name} data-kind={kind} onClick={() => show(name)}>
      <span className={classes.kind}>{kind}</span> {name}
    </button>
  );
}
