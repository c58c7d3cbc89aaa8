import { type AcknowledgeRequest, Alert, type AlertsQuery } from '@alwayson/protocol/alerts.ts';
import { KillResult } from '@alwayson/protocol/control-api.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { HealthExplanation, HealthReport } from '@alwayson/protocol/health.ts';
import { Event, Operation } from '@alwayson/protocol/operations.ts';
import { SharesReport } from '@alwayson/protocol/shares.ts';
import { SloReport } from '@alwayson/protocol/slo.ts';
import { Status } from '@alwayson/protocol/status.ts';
import {
  type Switch,
  SwitchAnswer,
  type SwitchEndRequest,
  Switches,
  type SwitchRequest,
} from '@alwayson/protocol/switches.ts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';
import { createRecoveryClient, type RecoveryClient } from './recovery-client.ts';
import { createReleaseClient, type ReleaseClient } from './release-client.ts';
import { type RequestOptions, request, requestStream } from './request.ts';

export type StreamMessage =
  | { type: 'status'; status: Status }
  | { type: 'event'; event: Event }
  | { type: 'operation'; operation: Operation };

/** The control plane's API (protocol/control-api.ts), as the operator of one environment. */
export interface ControlPlaneClient extends ReleaseClient, RecoveryClient {
  status(options?: { timeoutMs?: number }): Promise<Status>;
  health(): Promise<HealthReport>;
  explain(entity: string): Promise<HealthExplanation>;
  shares(): Promise<SharesReport>;
  slo(): Promise<SloReport>;
  /** Open ones first, the worst of them on top. */
  alerts(query: AlertsQuery): Promise<Alert[]>;
  acknowledgeAlert(id: string, request: AcknowledgeRequest): Promise<Alert>;
  /** Oldest first. */
  events(query: { after?: number; limit: number }): Promise<Event[]>;
  kill(target: string): Promise<KillResult>;
  revive(target: string): Promise<KillResult>;
  /** Those in force, oldest first. */
  switches(): Promise<Switch[]>;
  setSwitch(request: SwitchRequest): Promise<SwitchAnswer>;
  endSwitch(request: SwitchEndRequest): Promise<SwitchAnswer>;
  /** Ends with an error when the connection does. `after`: the number of the last event seen. */
  stream(options: { signal: AbortSignal; after?: number | undefined }): AsyncGenerator<StreamMessage>;
}

const reviveDeadlineMs = 60_000;

export function createControlPlaneClient(environment: Environment): ControlPlaneClient {
  const base = `http://127.0.0.1:${environment.console.port}/api`;
  const token = environment.tokens.operator;
  const ask = async <T>(
    schema: z.ZodType<T>,
    path: string,
    options: Omit<RequestOptions, 'token'> = {},
  ): Promise<T> => {
    const response = await request(`${base}${path}`, { ...options, token });
    const parsed = schema.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new AlwaysOnError(
      'AON_UNREACHABLE',
      `What listens on port ${environment.console.port} is not the control plane.`,
    );
  };
  const change = (path: string, target: string) =>
    ask(KillResult, path, { method: 'POST', body: { target }, timeoutMs: reviveDeadlineMs });
  return {
    ...createReleaseClient(ask),
    ...createRecoveryClient(ask),
    status: (options = {}) => ask(Status, '/status', options),
    health: () => ask(HealthReport, '/health'),
    explain: (entity) => ask(HealthExplanation, `/health/${encodeURIComponent(entity)}`),
    shares: () => ask(SharesReport, '/shares'),
    slo: () => ask(SloReport, '/slo'),
    alerts: ({ state }) => ask(z.array(Alert), `/alerts?state=${state}`),
    acknowledgeAlert: (id, body) =>
      ask(Alert, `/alerts/${encodeURIComponent(id)}/acknowledge`, { method: 'POST', body }),
    events: ({ after, limit }) =>
      ask(z.array(Event), `/events?limit=${limit}${after === undefined ? '' : `&after=${after}`}`),
    kill: (target) => change('/kill', target),
    revive: (target) => change('/revive', target),
    switches: () => ask(Switches, '/switches'),
    setSwitch: (body) => ask(SwitchAnswer, '/switches', { method: 'POST', body }),
    endSwitch: (body) => ask(SwitchAnswer, '/switches/end', { method: 'POST', body }),
    stream: (options) => openStream(`${base}/stream`, token, options),
  };
}

async function* openStream(
  url: string,
  token: string,
  { signal, after }: { signal: AbortSignal; after?: number | undefined },
): AsyncGenerator<StreamMessage> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) };
  const response = await requestStream(url, { token, headers, signal });
  if (!response.body) return;
  const messages = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of messages) {
    const message = toStreamMessage(event, data);
    if (message) yield message;
  }
}

/** A kind of message that this version does not know is passed over. */
function toStreamMessage(type: string | undefined, data: string): StreamMessage | undefined {
  switch (type) {
    case 'status':
      return { type, status: Status.parse(JSON.parse(data)) };
    case 'event':
      return { type, event: Event.parse(JSON.parse(data)) };
    case 'operation':
      return { type, operation: Operation.parse(JSON.parse(data)) };
    default:
      return undefined;
  }
}
