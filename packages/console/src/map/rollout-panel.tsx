import type { GateResult, RolloutHold, RolloutReport } from '@alwayson/protocol/releases.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { useQuery } from '@tanstack/react-query';
import { getRollout } from '../api/requests.ts';
import { Elapsed } from '../look/elapsed.tsx';
import { StateIcon } from '../look/state-icon.tsx';
import classes from './rollout-panel.module.css';

const readEveryMs = 1_000;
const checkStates = { pass: 'healthy', fail: 'unhealthy', 'not-enough-data': 'unknown' } as const;

/** The release on its way: how much of each region it has, what holds it, what its last gate found. Absent when none is. */
export function RolloutPanel({ status }: { status: Status }) {
  const isUnderWay = status.operations.some(
    ({ kind, state }) => state === 'running' && (kind === 'deploy' || kind === 'rollback'),
  );
  const rollout = useQuery({
    queryKey: ['rollout'],
    queryFn: getRollout,
    enabled: isUnderWay,
    refetchInterval: readEveryMs,
  });
  if (!isUnderWay || rollout.data === undefined) return null;
  return <Rollout report={rollout.data} />;
}

function Rollout({ report }: { report: RolloutReport }) {
  const { version, fromVersion, hold, reason } = report;
  const gate = report.gates.at(-1);
  return (
    <section aria-label="Release on its way" className={classes.rollout} data-rollout={report.id}>
      <header>
        <h2>
          {version} in place of {fromVersion}
        </h2>
        <span className={classes.figures}>
          {toPlace(report)}, for <Elapsed since={report.startedAt} />
        </span>
      </header>
      {hold === undefined ? null : <Hold hold={hold} fromVersion={fromVersion} />}
      {isGoingBack(report) ? (
        <p className={classes.hold} data-state="unhealthy">
          Goes back to {fromVersion}
          {reason === undefined ? '' : `: ${reason}`}
        </p>
      ) : null}
      <Parts report={report} />
      {gate === undefined ? null : <Gate gate={gate} />}
    </section>
  );
}

function toPlace({ phase, step, steps }: RolloutReport): string {
  const isInStep = phase === 'shift' || phase === 'bake';
  return isInStep ? `${phase} of traffic step ${step + 1} of ${steps.length}` : phase;
}

function isGoingBack({ phase }: RolloutReport): boolean {
  return phase === 'revert' || phase === 'withdraw';
}

const holdEnds: Record<RolloutHold['reason'], string> = {
  paused: './alwayson resume lets it go on',
  'not-enough-data': './alwayson promote lets it go on all the same',
  confirm: './alwayson promote lets it go on',
  capacity: 'It goes on by itself when there is enough',
  'external-gate': 'It goes on by itself when the gate says yes',
};

function Hold({ hold, fromVersion }: { hold: RolloutHold; fromVersion: string }) {
  return (
    <p className={classes.hold} data-state="degraded">
      <strong>Held</strong> for <Elapsed since={hold.since} />, {hold.reason.replaceAll('-', ' ')}:{' '}
      {hold.text}
      <span className={classes.exits}>
        {holdEnds[hold.reason]}; ./alwayson abort brings {fromVersion} back.
      </span>
    </p>
  );
}

/** What the new release has, or is being given, of each region's traffic. */
function Parts({ report }: { report: RolloutReport }) {
  const { step, steps } = report;
  const regions = Object.keys(steps[0]?.parts ?? {});
  const parts = isGoingBack(report) ? undefined : steps[step]?.parts;
  return (
    <ul className={classes.parts} aria-label="Part of the traffic">
      {regions.map((region) => {
        const percent = Number(((parts?.[region] ?? 0) * 100).toFixed(1));
        return (
          <li key={region}>
            <span>{region}</span>
            <span className={classes.bar} aria-hidden="true">
              <span style={{ width: `${percent}%` }} />
            </span>
            <span className={classes.percent}>{percent} %</span>
          </li>
        );
      })}
    </ul>
  );
}

function Gate({ gate: { step, verdict, checks } }: { gate: GateResult }) {
  const open = checks.filter((check) => check.verdict !== 'pass');
  const shown = verdict === 'pass' ? [] : open;
  return (
    <div className={classes.gate}>
      <p data-state={checkStates[verdict]}>
        <StateIcon state={checkStates[verdict]} /> Gate of traffic step {step + 1}:{' '}
        {verdict.replaceAll('-', ' ')}, {checks.length - open.length} of {checks.length} checks passed
      </p>
      <ul>
        {shown.map(({ name, flow, text, verdict: own }) => (
          <li key={`${name} ${flow ?? ''} ${text}`} data-state={checkStates[own]}>
            <StateIcon state={checkStates[own]} />
            <span>
              {name}
              {flow === undefined ? '' : ` of ${flow}`}: {text}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
