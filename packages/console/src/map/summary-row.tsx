import type { Status } from '@alwayson/protocol/status.ts';
import type { State } from '@alwayson/protocol/words.ts';
import type { ReactNode } from 'react';
import { useLive } from '../live/live-provider.tsx';
import { Instant } from '../look/instant.tsx';
import { StateIcon } from '../look/state-icon.tsx';
import { formatBytes, listUnits, listZones } from './estate.ts';
import classes from './summary.module.css';
import { toUnitHealth } from './unit-health.ts';

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
  const states = listUnits(status).map((unit) => toUnitHealth(status, unit).state);
  const count = (state: State) => states.filter((each) => each === state).length;
  const others = (['unhealthy', 'degraded', 'unknown'] as const).filter((state) => count(state) > 0);
  const silent = listZones(status).filter((zone) => zone.units.length === 0);
  return (
    <Tile name="Units">
      <p className={classes.main}>
        {count('healthy')} of {states.length} healthy
      </p>
      <p className={classes.side}>
        {others.map((state) => (
          <span key={state} className={classes.count} data-state={state}>
            <StateIcon state={state} size={12} /> {count(state)} {state}
          </span>
        ))}
        {others.length === 0 && silent.length === 0 ? 'every process runs and passes its probe' : null}
        {silent.length === 0 ? null : `not known: those of ${silent.map((zone) => zone.name).join(', ')}`}
      </p>
    </Tile>
  );
}

function DatabaseTile({ status }: { status: Status }) {
  const { writer, members } = status.database;
  const member = members.find((candidate) => candidate.id === writer);
  return (
    <Tile name="Database writer" state={member?.state ?? 'unknown'}>
      <p className={classes.main}>{writer ?? 'none yet'}</p>
      {member === undefined || member.state === 'healthy' ? null : (
        <p className={classes.count} data-state={member.state}>
          <StateIcon state={member.state} size={12} /> {member.reason ?? member.state}
        </p>
      )}
      <p className={classes.side}>{toCopyText(status)}</p>
    </Tile>
  );
}

function toCopyText({ database }: Status): string {
  const copy = database.members.find((member) => member.sync && member.id !== database.writer);
  if (copy === undefined) return `no synchronous copy, term ${database.term}`;
  const lag = copy.lagBytes === null ? '' : `, lag ${formatBytes(copy.lagBytes)}`;
  return `second copy ${copy.id}${lag}, term ${database.term}`;
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
  const { operations } = useLive();
  const running = operations.filter((operation) => operation.state === 'running');
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
