import type { Status } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { ReactNode } from 'react';
import { useLive } from '../live/live-provider.tsx';
import { Instant } from '../look/instant.tsx';
import { StateIcon } from '../look/state-icon.tsx';
import { formatBytes, listUnits } from './estate.ts';
import classes from './summary.module.css';

/** The four questions of the first glance. */
export function SummaryRow({ status }: { status: Status }) {
  return (
    <section className={classes.row} aria-label="Summary">
      <UnitsTile status={status} />
      <DatabaseTile status={status} />
      <QueuesTile status={status} />
      <OperationsTile />
    </section>
  );
}

function Tile({ name, state, children }: { name: string; state?: State; children: ReactNode }) {
  return (
    <div className={classes.tile} data-tile={name} data-state={state}>
      <h2>{name}</h2>
      {children}
    </div>
  );
}

function UnitsTile({ status }: { status: Status }) {
  const units = listUnits(status);
  const count = (state: State) => units.filter((unit) => unit.state === state).length;
  const others = (['unhealthy', 'degraded', 'unknown'] as const).filter((state) => count(state) > 0);
  return (
    <Tile name="Units">
      <p className={classes.main}>
        {count('healthy')} of {units.length} healthy
      </p>
      <p className={classes.side}>
        {others.length === 0 ? 'every process runs and passes its probe' : null}
        {others.map((state) => (
          <span key={state} className={classes.count} data-state={state}>
            <StateIcon state={state} size={12} /> {count(state)} {state}
          </span>
        ))}
      </p>
    </Tile>
  );
}

function DatabaseTile({ status }: { status: Status }) {
  const { writer, members, term } = status.database;
  const sync = members.find((member) => member.sync && member.role === 'standby');
  const lag = sync?.lagBytes ?? null;
  return (
    <Tile name="Database writer" state={members.find((member) => member.id === writer)?.state ?? 'unhealthy'}>
      <p className={classes.main}>{writer ?? 'no writer'}</p>
      <p className={classes.side}>
        {sync === undefined
          ? 'no synchronous copy'
          : `second copy ${sync.id}${lag === null ? '' : `, lag ${formatBytes(lag)}`}`}
        , term {term}
      </p>
    </Tile>
  );
}

function QueuesTile({ status }: { status: Status }) {
  return (
    <Tile name="Queues">
      <ul className={classes.queues}>
        {status.queues.map((queue) => (
          <li key={queue.region} data-state={queue.state}>
            <StateIcon state={queue.state} size={12} /> <strong>{queue.region}</strong>{' '}
            {queue.copies === 1 ? '1 copy' : `${queue.copies} copies`}, depth {queue.depth ?? 'unknown'}
          </li>
        ))}
      </ul>
    </Tile>
  );
}

function OperationsTile() {
  const { status, operations } = useLive();
  const running = status?.operations.filter((operation) => operation.state === 'running') ?? [];
  const last = operations.find((operation) => operation.state !== 'running');
  return (
    <Tile name="Operations">
      <p className={classes.main}>{running.length === 0 ? 'none running' : `${running.length} running`}</p>
      <p className={classes.side}>
        {running.map((operation) => operation.title).join(', ')}
        {running.length > 0 ? null : last === undefined ? (
          'none yet'
        ) : (
          <>
            last: {last.title} {last.state} <Instant at={last.endedAt ?? last.startedAt} withDate />
          </>
        )}
      </p>
    </Tile>
  );
}
