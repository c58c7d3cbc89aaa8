import { z } from 'zod';
import { PersonRole } from './words.ts';

/**
 * `page`: somebody acts now. `ticket`: somebody acts in working hours. `info`: worth knowing; AlwaysOn acts by itself.
 */
export const alertSeverities = ['page', 'ticket', 'info'] as const;
export const AlertSeverity = z.enum(alertSeverities);
export type AlertSeverity = z.infer<typeof AlertSeverity>;

/** What an alert is about. Each kind has its runbook, `docs/runbooks/<kind>.md`; a test compares both ways. */
export const alertKinds = [
  'stamp-unhealthy',
  'stamp-gray',
  'zone-unhealthy',
  'region-unhealthy',
  'database-writer-gone',
  'database-copy-gone',
  'queue-degraded',
  'cache-gone',
  'worker-lagging',
  'gateway-not-in-force',
  'observer-blind',
  'error-budget-burning',
  'overloaded',
  'flow-unhealthy',
  'disk-space',
  'certificate-expiry',
  'control-plane-degraded',
  'unit-unhealthy',
] as const;
export const AlertKind = z.enum(alertKinds);
export type AlertKind = z.infer<typeof AlertKind>;

export const alertStates = ['open', 'acknowledged', 'resolved'] as const;
export const AlertState = z.enum(alertStates);
export type AlertState = z.infer<typeof AlertState>;

/** One root cause that is, or was, bad. Times are ISO 8601. */
export const Alert = z.object({
  /** Made from the root cause: the same trouble has the same id again. */
  id: z.string(),
  kind: AlertKind,
  /** Only rises while the alert is open. */
  severity: AlertSeverity,
  title: z.string(),
  entity: z.object({ id: z.string(), kind: z.string(), name: z.string() }),
  /** Id of the entity whose own signals are bad; `telemetry` when it is their absence. */
  rootCause: z.string(),
  /** Ids of the entities that suffer from it, flows first: all since it opened. */
  affects: z.array(z.string()),
  state: AlertState,
  since: z.string(),
  lastChange: z.string(),
  resolvedAt: z.string().optional(),
  /** Why it ended. */
  resolution: z.string().optional(),
  owner: z.object({ role: z.string(), name: z.string(), contact: z.string() }),
  /** Path in the repository, or a link when the manifest says where runbooks are. */
  runbook: z.string(),
  reason: z.string(),
  /** Signal values and burn rates behind it. */
  values: z.record(z.string(), z.union([z.string(), z.number()])),
  /** How often this root cause was bad, this time included. */
  occurrence: z.int().positive(),
  flapping: z.boolean().optional(),
  /** Its entity is under maintenance: it was open before, and no other is opened for it. */
  maintenance: z.boolean().optional(),
  acknowledged: z.object({ owner: z.string(), reason: z.string(), at: z.string() }).optional(),
});
export type Alert = z.infer<typeof Alert>;

export const alertChanges = ['opened', 'updated', 'resolved'] as const;
export const AlertChangeKind = z.enum(alertChanges);
export type AlertChangeKind = z.infer<typeof AlertChangeKind>;

/** What receivers get. Delivered at least once: the same `id` is the same notification. */
export const AlertNotification = z.object({
  id: z.string(),
  change: AlertChangeKind,
  at: z.string(),
  /** `/alwayson/<workload>/<environment>`. */
  source: z.string(),
  alert: Alert,
});
export type AlertNotification = z.infer<typeof AlertNotification>;

/** `GET /api/alerts?state=`: `active` is what is not resolved. */
export const AlertsQuery = z.object({ state: z.enum(['active', 'all', ...alertStates]).default('active') });
export type AlertsQuery = z.infer<typeof AlertsQuery>;

/** `POST /api/alerts/:id/acknowledge`. */
export const AcknowledgeRequest = z.strictObject({
  owner: z.string().trim().min(1).max(100),
  reason: z.string().trim().min(1).max(500),
});
export type AcknowledgeRequest = z.infer<typeof AcknowledgeRequest>;

/** An environment variable of the control plane, or the file of this name in `secrets/` of the state folder. */
const SecretName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'the name of a secret, in capitals');
const Severities = z.array(AlertSeverity).min(1).default(['page', 'ticket', 'info']);

const AlertWebhook = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).optional(),
    /** Instead of `url`, where the URL itself is a secret. */
    urlEnv: SecretName.optional(),
    /** Signs every request, as Standard Webhooks says. */
    secretEnv: SecretName.optional(),
    severities: Severities,
  })
  .refine(({ url, urlEnv }) => (url === undefined) !== (urlEnv === undefined), {
    message: 'one of url and urlEnv',
  });
export type AlertWebhook = z.infer<typeof AlertWebhook>;

const AlertEmail = z
  .strictObject({
    to: z.array(z.email()).min(1).max(20),
    from: z.email(),
    /** `smtps://user:password@host:465` or `smtp://...`; instead of `host`. */
    smtpUrlEnv: SecretName.optional(),
    host: z.string().min(1).optional(),
    port: z.int().min(1).max(65_535).default(25),
    severities: Severities,
  })
  .refine(({ smtpUrlEnv, host }) => (smtpUrlEnv === undefined) !== (host === undefined), {
    message: 'one of smtpUrlEnv and host',
  });
export type AlertEmail = z.infer<typeof AlertEmail>;

/** `alerts` of the manifest: who is told, and how. It names secrets and holds none. */
export const AlertSettings = z.strictObject({
  webhooks: z.array(AlertWebhook).max(10).default([]),
  emails: z.array(AlertEmail).max(10).default([]),
  /** A page or ticket that nobody acknowledged is sent again after this long. */
  renotifyMinutes: z.number().min(1).default(60),
  /** Where runbooks are: `<runbookBase>/<kind>.md`. */
  runbookBase: z.string().min(1).default('docs/runbooks'),
  /** Whose an alert is; the first rule that fits decides. Without one: who is called for its severity and kind by default. */
  owners: z
    .array(
      z.strictObject({
        severities: Severities,
        /** None: every kind. */
        kinds: z.array(AlertKind).default([]),
        role: PersonRole,
      }),
    )
    .max(50)
    .default([]),
});
export type AlertSettings = z.infer<typeof AlertSettings>;
