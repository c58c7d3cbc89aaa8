import { type MetricFamily, toSingleMetric } from './metrics-text.ts';

/** What Node.js tells of its own process: CPU in microseconds, memory in bytes, event loop in milliseconds. */
export interface ProcessReading {
  cpu: { user: number; system: number };
  memory: { rss: number; heapTotal: number; heapUsed: number; external: number };
  eventLoop: { active: number; idle: number };
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** Under the names that Prometheus' own client libraries use, so that their dashboards work. */
export function listProcessMetrics({ cpu, memory, eventLoop, startedAt }: ProcessReading): MetricFamily[] {
  const counter = (name: string, help: string, value: number) =>
    toSingleMetric('counter', name, { help, value });
  const gauge = (name: string, help: string, value: number) => toSingleMetric('gauge', name, { help, value });
  return [
    counter('process_cpu_user_seconds_total', 'User CPU time.', cpu.user / 1e6),
    counter('process_cpu_system_seconds_total', 'System CPU time.', cpu.system / 1e6),
    counter('process_cpu_seconds_total', 'CPU time.', (cpu.user + cpu.system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory.', memory.rss),
    gauge('process_start_time_seconds', 'Start, since the epoch.', startedAt / 1000),
    gauge('nodejs_heap_size_total_bytes', 'Heap that V8 holds.', memory.heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Heap in use.', memory.heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', memory.external),
    {
      name: 'nodejs_eventloop_seconds_total',
      type: 'counter',
      help: 'Time that the event loop worked, and time that it waited for work.',
      samples: [
        { labels: { state: 'active' }, value: eventLoop.active / 1000 },
        { labels: { state: 'idle' }, value: eventLoop.idle / 1000 },
      ],
    },
  ];
}
