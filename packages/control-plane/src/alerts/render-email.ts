import type { AlertNotification } from '@alwayson/protocol/alerts.ts';

const words = { opened: '', updated: 'still: ', resolved: 'resolved: ' } as const;

/** A mail for somebody who may have just been woken by it: what, since when, who suffers, what to do. */
export function renderEmail({ change, alert, source }: AlertNotification): { subject: string; text: string } {
  const { severity, title, reason, affects, owner, runbook, acknowledged } = alert;
  const lines = [
    title,
    `Reason: ${reason}`,
    `Since: ${alert.since}`,
    ...(alert.resolvedAt ? [`Resolved: ${alert.resolvedAt}. ${alert.resolution ?? ''}`] : []),
    ...(affects.length > 0 ? [`Affects: ${affects.join(', ')}`] : []),
    ...Object.entries(alert.values).map(([name, value]) => `${name}: ${value}`),
    ...(acknowledged ? [`Taken on by ${acknowledged.owner}: ${acknowledged.reason}`] : []),
    '',
    `Owner: ${owner.name} (${owner.role}), ${owner.contact}`,
    `Runbook: ${runbook}`,
    ...(change === 'resolved'
      ? []
      : [
          `To take it on: ./alwayson alerts ack ${alert.id} --reason "..."`,
          `Why: ./alwayson explain ${alert.rootCause}`,
        ]),
    '',
    `From ${source}.`,
  ];
  return { subject: `[${severity}] ${words[change]}${title}`, text: lines.join('\n') };
}
