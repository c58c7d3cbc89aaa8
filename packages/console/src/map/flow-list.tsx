import type { Status } from '@alwayson/protocol/status.ts';
import { StateIcon } from '../look/state-icon.tsx';
import { Panel } from './panel.tsx';
import classes from './panel.module.css';

const criticalityOrder = ['high', 'medium', 'low'];

/** What users and the system do, the most critical first. */
export function FlowList({ flows }: { flows: Status['flows'] }) {
  const sorted = flows.toSorted(
    (one, other) => criticalityOrder.indexOf(one.criticality) - criticalityOrder.indexOf(other.criticality),
  );
  return (
    <Panel title="Flows">
      <ul className={`${classes.list} ${classes.columns}`}>
        {sorted.map((flow) => (
          <li key={flow.name} data-flow={flow.name} data-state={flow.state} className={classes.row}>
            <StateIcon state={flow.state} />
            <span className={classes.main}>{flow.name}</span>
            <span className={classes.word}>{flow.state}</span>
            <span className={classes.side}>
              {flow.kind}, {flow.criticality}
            </span>
            {flow.reason === undefined ? null : <span className={classes.reason}>{flow.reason}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
