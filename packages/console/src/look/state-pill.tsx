import type { State } from '@alwayson/protocol/words.ts';
import classes from './state.module.css';
import { StateIcon } from './state-icon.tsx';

/** A state in icon, colour and word. */
export function StatePill({ state, large = false }: { state: State; large?: boolean }) {
  return (
    <span className={classes.pill} data-state={state} data-large={large || undefined}>
      <StateIcon state={state} size={large ? 16 : 12} />
      {state}
    </span>
  );
}
