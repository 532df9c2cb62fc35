import type { Server } from 'node:http';
import { promisify } from 'node:util';
import type { Exposition } from './exposition.ts';

const LOOK_EVERY_MS = 100;
const DELAYS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** What a process tells of itself, under the names that Prometheus' client libraries use. Call what it returns to stop. */
export function measureProcess(metrics: Exposition, server: Server, version: string): () => void {
  metrics.gauge('assayer_build_info', 'Always 1; the labels say what runs.', () => [
    { labels: { version, node: process.versions.node }, value: 1 },
  ]);
  metrics.total('process_cpu_seconds_total', 'CPU time, user and system, of all threads.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge('process_start_time_seconds', 'When it started, since 1970.', () => performance.timeOrigin / 1_000);
  metrics.gauge('process_resident_memory_bytes', 'Memory that it holds.', () => process.memoryUsage.rss());
  metrics.gauge(
    'nodejs_heap_size_used_bytes',
    'Of the memory, what JavaScript uses.',
    () => process.memoryUsage().heapUsed,
  );
  metrics.gauge('nodejs_external_memory_bytes', 'Of the memory, buffers.', () => process.memoryUsage().external);
  const connections = promisify(server.getConnections.bind(server));
  metrics.gauge('assayer_http_connections', 'Connections that are open.', () => connections());
  return measureEventLoop(metrics);
}

/** How late a timer comes: the time that every request waits besides its own. */
function measureEventLoop(metrics: Exposition): () => void {
  const delay = metrics.histogram(
    'assayer_event_loop_delay_seconds',
    'How late a timer came, ten times a second.',
    DELAYS,
  )();
  let due = performance.now() + LOOK_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - due) / 1_000);
    due = now + LOOK_EVERY_MS;
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
