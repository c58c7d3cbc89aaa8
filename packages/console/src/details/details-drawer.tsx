import { Drawer } from '@mantine/core';
import type { Status } from '@alwayson/protocol/status.ts';
import { useLive } from '../live/live-provider.tsx';
import { StatePill } from '../look/state-pill.tsx';
import { type Entity, findEntity } from '../map/estate.ts';
import { TryButton } from '../try/try-button.tsx';
import classes from './details.module.css';
import { EntityEvents } from './entity-events.tsx';
import { EntityFacts } from './entity-facts.tsx';
import { LogTail } from './log-tail.tsx';
import { StampChecks } from './stamp-checks.tsx';
import { useShown } from './use-shown.ts';

/** Everything known of one entity; which one is in the address. */
export function DetailsDrawer({ status }: { status: Status }) {
  const { connection } = useLive();
  const { shown, hide } = useShown();
  const entity = shown === null ? undefined : findEntity(status, shown);
  return (
    <Drawer
      opened={shown !== null}
      onClose={hide}
      position="right"
      size="min(620px, 100vw)"
      title={
        <span className={classes.title}>
          {entity === undefined ? shown : `${entity.kind} ${entity.name}`}
        </span>
      }
      closeButtonProps={{ 'aria-label': 'Close details' }}
      classNames={{ body: classes.body ?? '' }}
      transitionProps={{ duration: 120 }}
    >
      {entity === undefined ? (
        <p>
          There is nothing of this name in the environment now. It may have been replaced by a newer stamp.
        </p>
      ) : (
        <>
          {connection === 'lost' ? (
            <p className={classes.stale}>Not live: this is the last known state.</p>
          ) : null}
          <div className={classes.head}>
            <StatePill state={entity.state} />
            <TryButtons entity={entity} status={status} />
          </div>
          <EntityFacts entity={entity} status={status} />
          {entity.kind === 'stamp' ? <StampChecks stamp={entity.view.stamp} /> : null}
          <EntityEvents entity={entity} />
          {entity.kind === 'unit' ? <LogTail unit={entity.name} /> : null}
        </>
      )}
    </Drawer>
  );
}

function TryButtons({ entity, status }: { entity: Entity; status: Status }) {
  if (entity.kind === 'zone' && entity.region === 'witness') return null;
  return (
    <span className={classes.actions}>
      <TryButton action="kill" name={entity.name} status={status} />
      <TryButton action="revive" name={entity.name} status={status} />
    </span>
  );
}
