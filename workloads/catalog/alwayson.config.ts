import { defineWorkload } from '@alwayson/sdk/workload.ts';

/** Small processes: without bounds V8 lets garbage pile up where memory is plenty. */
const environment = { NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=192' };
const items = '/catalogservice/api/*/catalogitem';

/** The reference workload: a small shop with items, comments and ratings. */
export default defineWorkload({
  name: 'catalog',
  owner: 'Hearth & Trail',
  tier: 0,
  objectives: {
    availability: 99.95,
    windowDays: 28,
    rtoSeconds: 60,
    rpoSeconds: 5,
    latencyP99Ms: 500,
  },
  regions: [
    { name: 'west', zones: 2 },
    { name: 'east', zones: 2 },
  ],
  components: [
    {
      name: 'web',
      command: ['node', 'web/server/main.ts'],
      environment,
      build: ['node', 'web/build.ts'],
      routes: ['/'],
      probe: { path: '/readyz' },
    },
    {
      name: 'api',
      command: ['node', 'api/src/main.ts'],
      environment,
      routes: ['/catalogservice/', '/images/'],
      probe: { path: '/readyz' },
    },
    {
      // Takes no requests from outside: it applies queued writes to the database.
      name: 'worker',
      command: ['node', 'worker/src/main.ts'],
      environment,
      probe: { path: '/readyz' },
    },
  ],
  stores: [
    { name: 'database', kind: 'relational', durability: 'replicated', migrations: 'db/migrations' },
    { name: 'queue', kind: 'queue', durability: 'replicated', whenCopyLost: 'degrade' },
    { name: 'cache', kind: 'cache', durability: 'fast' },
  ],
  // The first flow that matches a request owns it.
  flows: [
    {
      name: 'post-comment',
      criticality: 'medium',
      requests: [{ methods: ['POST'], path: `${items}/*/comments` }],
      path: ['api', 'queue'],
      objective: { availability: 99.95, latencyP99Ms: 500 },
      // Test data: nobody sees it, and it is gone within a minute.
      probe: {
        write: {
          path: '/catalogservice/api/1.0/catalogitem/5a6d0000-0000-4000-8000-000000000001/comments',
          body: { authorName: 'AlwaysOn', text: 'Probe {uuid}' },
        },
      },
    },
    {
      name: 'rate-item',
      criticality: 'medium',
      requests: [{ methods: ['POST'], path: `${items}/*/ratings` }],
      path: ['api', 'queue'],
      objective: { availability: 99.95, latencyP99Ms: 500 },
    },
    {
      name: 'manage-items',
      criticality: 'low',
      requests: [{ methods: ['POST', 'PUT', 'PATCH', 'DELETE'], path: `${items}/**` }],
      path: ['api', 'database', 'queue'],
      objective: { availability: 99.9, latencyP99Ms: 1000 },
      probe: {
        write: {
          path: '/catalogservice/api/1.0/catalogitem',
          body: { id: '{uuid}', name: 'Probe', description: 'Written by the observer.', price: 1 },
        },
      },
    },
    {
      name: 'list-items',
      criticality: 'high',
      requests: [{ path: items }],
      path: ['api', 'cache', 'database'],
      objective: { availability: 99.95, latencyP99Ms: 300 },
      probe: { path: '/catalogservice/api/1.0/catalogitem?limit=5' },
    },
    {
      name: 'view-item',
      criticality: 'high',
      requests: [{ path: `${items}/**` }],
      path: ['api', 'cache', 'database'],
      objective: { availability: 99.95, latencyP99Ms: 300 },
      // The first sample item.
      probe: { path: '/catalogservice/api/1.0/catalogitem/5a6d0000-0000-4000-8000-000000000001' },
    },
    {
      name: 'show-storefront',
      criticality: 'high',
      requests: [{ path: '/**' }],
      path: ['web'],
      objective: { availability: 99.95, latencyP99Ms: 300 },
      probe: { path: '/' },
    },
    {
      name: 'apply-writes',
      kind: 'system',
      criticality: 'medium',
      path: ['queue', 'worker', 'database'],
      objective: { availability: 99.9, latencyP99Ms: 2000 },
    },
  ],
  dependencies: [
    {
      from: 'api',
      to: 'database',
      kind: 'soft',
      scope: 'global',
      timeoutMs: 8000,
      fallback: 'Reads are served stale from the cache, small writes go to the queue; changes of items wait.',
    },
    {
      from: 'api',
      to: 'queue',
      kind: 'hard',
      scope: 'region',
      timeoutMs: 2000,
      fallback: 'The queue of the other region takes the writes.',
    },
    {
      from: 'api',
      to: 'cache',
      kind: 'soft',
      scope: 'region',
      timeoutMs: 150,
      fallback: 'Reads go to the database.',
    },
    { from: 'worker', to: 'queue', kind: 'hard', scope: 'region', timeoutMs: 5000 },
    { from: 'worker', to: 'database', kind: 'hard', scope: 'global', timeoutMs: 8000 },
  ],
  backups: {
    invariants: [
      {
        name: 'sums-are-those-of-the-votes',
        query: `SELECT item.id FROM catalog_item AS item
          LEFT JOIN item_rating AS vote ON vote.item_id = item.id AND vote.expires_at IS NULL
          GROUP BY item.id
          HAVING item.rating_count <> count(vote.id) OR item.rating_sum <> coalesce(sum(vote.rating), 0)`,
      },
    ],
  },
  release: { trafficSteps: [5, 25, 50, 100], bakeSeconds: 30 },
  people: [
    { role: 'head-of-operations', name: 'Operations on call', contact: 'operations@example.com' },
    { role: 'workload', name: 'Catalog team', contact: 'catalog@example.com' },
    { role: 'business', name: 'Shop owner', contact: 'shop@example.com' },
  ],
});
