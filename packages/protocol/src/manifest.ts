import { z } from 'zod';
import { AlertSettings } from './alerts.ts';
import { Assumptions } from './assumptions.ts';
import { Backups } from './backups.ts';
import { ReleaseProgram, Scale } from './release-program.ts';
import { Telemetry } from './telemetry.ts';
import { BudgetingMethod, Criticality, Durability, Name, PersonRole } from './words.ts';

/**
 * The workload manifest: what a user declares in `alwayson.config.ts` (or .yaml, .json).
 * Durations end in `Ms` or `Seconds`; ratios are 0..1; availability is a percentage such as 99.95.
 * Later releases add fields; every new field has a default, so that an older manifest stays valid.
 */

const Percentage = z.number().gt(0).lt(100);
const Milliseconds = z.int().positive();

export const Person = z.strictObject({
  role: PersonRole,
  name: z.string().min(1),
  contact: z.string().min(1),
});

export const Objectives = z.strictObject({
  /** Share of good requests over the window, in percent. */
  availability: Percentage.default(99.95),
  windowDays: z.int().min(1).max(365).default(28),
  rtoSeconds: z.number().positive().default(60),
  rpoSeconds: z.number().min(0).default(5),
  latencyP99Ms: Milliseconds.default(500),
});

/** When a whole region is given up: its writer's last transactions may be lost with it. */
export const RegionLoss = z.strictObject({
  /** `people`: somebody orders it, who has seen the estimate. `automatic`: it happens by itself. */
  declare: z.enum(['people', 'automatic']).default('people'),
  /** Of `automatic`: only when two of three sites have agreed on it for so long without a break. */
  afterSeconds: z.int().min(10).max(86_400).default(300),
});

export const Region = z.strictObject({
  name: Name,
  /** Zone names are `<region>-<n>`; two zones are needed for a second copy of every write. */
  zones: z.int().min(2).max(4).default(2),
});

export const ComponentProbe = z.strictObject({
  path: z.string().startsWith('/').default('/readyz'),
  /** Two answers in a row that take longer take the stamp out. */
  timeoutMs: Milliseconds.default(650),
});

export const Component = z.strictObject({
  name: Name,
  /** The program and its arguments, run in `cwd`. `node` means the Node.js that runs AlwaysOn. */
  command: z.array(z.string().min(1)).min(1),
  /** Relative to the manifest's folder, and in it. */
  cwd: z.string().default('.'),
  /** Path prefixes that the gateway sends here; the longest prefix wins. None: not reachable from outside. */
  routes: z.array(z.string().startsWith('/')).default([]),
  /** Every component listens on HOST:PORT of its environment and answers the probe there, workers too. */
  probe: ComponentProbe.prefault({}),
  capacity: z
    .strictObject({
      requestsPerSecond: z.number().positive().default(250),
      concurrency: z.int().positive().default(256),
    })
    .prefault({}),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
  /** A one-shot command run once per content of the release before its first start (bundling a front end). */
  build: z.array(z.string().min(1)).min(1).optional(),
  startBudgetSeconds: z.number().positive().default(30),
});

export const Store = z.strictObject({
  name: Name,
  kind: z.enum(['relational', 'queue', 'cache']),
  durability: Durability.default('replicated'),
  /** When the second copy is gone: carry on with one within 1 s (shown as degraded), or refuse writes. */
  whenCopyLost: z.enum(['degrade', 'refuse']).default('degrade'),
  /** Relational only: folder of numbered SQL files, relative to the manifest's folder. */
  migrations: z.string().optional(),
});

export const RequestMatch = z.strictObject({
  methods: z
    .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']))
    .min(1)
    .default(['GET', 'HEAD']),
  /** Path pattern: `*` stands for one segment, a trailing `/**` for the rest. */
  path: z.string().startsWith('/'),
});

export const FlowProbe = z
  .strictObject({
    /** A safe request, every 5 s. */
    path: z.string().startsWith('/').optional(),
    /** Every 30 s, marked as test data. `{uuid}` in path and body stands for a fresh id. */
    write: z
      .strictObject({
        method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
        path: z.string().startsWith('/'),
        body: z.record(z.string(), z.json()).optional(),
      })
      .optional(),
  })
  .refine(({ path, write }) => path !== undefined || write !== undefined, 'a path, a write or both');

export const Flow = z.strictObject({
  name: Name,
  kind: z.enum(['user', 'system']).default('user'),
  criticality: Criticality.default('medium'),
  /** The requests of this flow; the first flow that matches a request owns it. */
  requests: z.array(RequestMatch).default([]),
  /** Components and stores the flow passes, in order. */
  path: z.array(Name).min(1),
  objective: z
    .strictObject({
      availability: Percentage.default(99.9),
      latencyP99Ms: Milliseconds.default(500),
      method: BudgetingMethod.default('occurrences'),
    })
    .prefault({}),
  /** What the observer sends from outside through the front door, as evidence for this flow. */
  probe: FlowProbe.optional(),
});

export const Dependency = z.strictObject({
  from: Name,
  to: Name,
  kind: z.enum(['hard', 'soft', 'async', 'startup', 'control']).default('hard'),
  scope: z.enum(['stamp', 'region', 'global']).default('region'),
  timeoutMs: Milliseconds.default(1000),
  fallback: z.string().optional(),
});

export const Gateway = z.strictObject({
  /** Per client address, averaged over 10 s; 429 above it. */
  requestsPerSecondPerClient: z.number().positive().default(1000),
  requestBodyBytesMax: z.int().positive().default(1_048_576),
  requestTimeoutMs: Milliseconds.default(10_000),
  /** Where clients' TLS ends, in front of the gateways: how long these certificates last is watched. */
  certificates: z
    .array(
      z.strictObject({
        host: z.string().min(1),
        port: z.int().min(1).max(65_535).default(443),
        /** The name that the certificate is asked for by; the host unless told otherwise. */
        serverName: z.string().min(1).optional(),
      }),
    )
    .max(20)
    .default([]),
});

export const Manifest = z
  .strictObject({
    name: Name,
    owner: z.string().min(1),
    /** 0 mission-critical, 1 business-critical, 2 business-operational, 3 administrative. */
    tier: z.int().min(0).max(3).default(0),
    objectives: Objectives.prefault({}),
    regions: z.array(Region).min(2).max(4),
    components: z.array(Component).min(1).max(20),
    stores: z.array(Store).max(10).default([]),
    flows: z.array(Flow).min(1).max(100),
    dependencies: z.array(Dependency).default([]),
    gateway: Gateway.prefault({}),
    release: ReleaseProgram.prefault({}),
    scale: Scale.prefault({}).refine(({ min, max }) => min <= max, 'min not above max'),
    regionLoss: RegionLoss.prefault({}),
    backups: Backups.prefault({}),
    people: z.array(Person).default([]),
    alerts: AlertSettings.prefault({}),
    telemetry: Telemetry.prefault({}),
    assumptions: Assumptions.prefault({}),
  })
  .superRefine(
    (manifest, context) => {
      for (const fault of findReferenceFaults(Referring.safeParse(manifest).data)) {
        context.addIssue({ code: 'custom', path: fault.path, message: fault.message, input: fault.found });
      }
    },
    // Also when other rules are broken: all faults are told at once.
    { when: () => true },
  );
export type Manifest = z.infer<typeof Manifest>;
export type ManifestInput = z.input<typeof Manifest>;

interface ReferenceFault {
  path: (string | number)[];
  message: string;
  found: unknown;
}

/** An entry without a usable name has its own fault already; here it only keeps its place in the list. */
const Named = z.object({ name: z.string().catch('') }).catch({ name: '' });
type Named = z.infer<typeof Named>;

/** What the reference rules read of a manifest that may be wrong in every other way. */
const Referring = z.object({
  regions: z.array(Named).catch([]),
  components: z
    .array(
      z
        .object({ name: z.string().catch(''), routes: z.array(z.unknown()).catch([]) })
        .catch({ name: '', routes: [] }),
    )
    .catch([]),
  stores: z
    .array(z.object({ name: z.string().catch(''), kind: z.string().catch('') }).catch({ name: '', kind: '' }))
    .catch([]),
  flows: z
    .array(
      z
        .object({ name: z.string().catch(''), path: z.array(z.string().catch('')).catch([]) })
        .catch({ name: '', path: [] }),
    )
    .catch([]),
  dependencies: z
    .array(z.object({ from: z.string().catch(''), to: z.string().catch('') }).catch({ from: '', to: '' }))
    .catch([]),
  release: z
    .object({
      gates: z.object({
        signals: z.array(z.object({ component: z.string().catch('') }).catch({ component: '' })),
      }),
    })
    .catch({ gates: { signals: [] } }),
});
type Referring = z.infer<typeof Referring>;

function findDuplicates(list: string, items: readonly Named[]): ReferenceFault[] {
  return items.flatMap((item, index) =>
    item.name !== '' && items.findIndex((other) => other.name === item.name) < index
      ? [{ path: [list, index, 'name'], message: 'a name used once in this list', found: item.name }]
      : [],
  );
}

/** Names must be unique in their list, and every name that is referred to must be declared. */
function findReferenceFaults(manifest: Referring | undefined): ReferenceFault[] {
  if (!manifest) return [];
  const known = [...manifest.components, ...manifest.stores]
    .map((entry) => entry.name)
    .filter((name) => name !== '');
  const faults = [
    ...findDuplicates('regions', manifest.regions),
    ...findDuplicates('components', manifest.components),
    ...findDuplicates('stores', manifest.stores),
    ...findDuplicates('flows', manifest.flows),
  ];
  const requireKnown = (path: (string | number)[], found: string) => {
    const judged = found !== '' && known.length > 0;
    if (judged && !known.includes(found))
      faults.push({ path, message: `one of: ${known.join(', ')}`, found });
  };
  manifest.flows.forEach((flow, f) =>
    flow.path.forEach((name, n) => requireKnown(['flows', f, 'path', n], name)),
  );
  manifest.dependencies.forEach((dependency, d) => {
    requireKnown(['dependencies', d, 'from'], dependency.from);
    requireKnown(['dependencies', d, 'to'], dependency.to);
  });
  const routed = manifest.components.filter(({ routes }) => routes.length > 0).map(({ name }) => name);
  manifest.release.gates.signals.forEach(({ component }, n) => {
    if (component === '' || routed.length === 0 || routed.includes(component)) return;
    const message = `a component with routes, for it is counted by request: ${routed.join(', ')}`;
    faults.push({ path: ['release', 'gates', 'signals', n, 'component'], message, found: component });
  });
  for (const kind of ['relational', 'queue', 'cache'] as const) {
    const second = manifest.stores.findIndex(
      (store, index) =>
        store.kind === kind && manifest.stores.findIndex((other) => other.kind === kind) < index,
    );
    if (second >= 0) {
      faults.push({ path: ['stores', second, 'kind'], message: `one store of kind ${kind}`, found: kind });
    }
  }
  return faults;
}
