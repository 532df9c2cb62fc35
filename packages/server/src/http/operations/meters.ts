import type { Counter, Exposition, Histogram, Labels } from './exposition.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** What is counted of one route with one method. */
export interface RouteMeter {
  /** Requests that are not over yet. */
  open: number;
  done(status: number, ms: number, received: number, sent: number): void;
}

export interface RequestMeters {
  of(method: string, route: string): RouteMeter;
  /** Of requests for addresses that no route has. */
  unrouted: RouteMeter;
  /** What came was no HTTP, or not as it is read here. */
  unreadable(status: number): void;
}

/** Requests by method and route as it is registered, never by the address that was asked for: labels are bounded. */
export function createRequestMeters(exposition: Exposition): RequestMeters {
  const requests = exposition.counter('assayer_http_requests_total', 'Requests that were answered or cut.');
  const seconds = exposition.histogram(
    'assayer_http_request_seconds',
    'From the head of a request to the end of its answer.',
    SECONDS,
  );
  const received = exposition.counter('assayer_http_received_bytes_total', 'Bytes of requests, heads among them.');
  const sent = exposition.counter('assayer_http_sent_bytes_total', 'Bytes of answers, heads among them.');
  const meters: { labels: Labels; meter: RouteMeter; asked(): boolean }[] = [];
  exposition.gauge('assayer_http_requests_open', 'Requests that are not over yet, live streams among them.', () =>
    meters
      .filter(({ meter, asked }) => meter.open > 0 || asked())
      .map(({ labels, meter }) => ({ labels, value: meter.open })),
  );

  function count(byClass: (Counter | undefined)[], labels: Labels, status: number): void {
    const index = Math.floor(status / 100) - 1;
    const counter = byClass[index] ?? requests({ ...labels, status: CLASSES[index] ?? 'other' });
    byClass[index] = counter;
    counter.value += 1;
  }

  function of(method: string, route: string): RouteMeter {
    const labels = { method, route };
    // Made when first used: most routes of an installation are never asked for.
    let made: { byClass: (Counter | undefined)[]; seconds: Histogram; received: Counter; sent: Counter } | undefined;
    const meter: RouteMeter = {
      open: 0,
      done(status, ms, bytesIn, bytesOut) {
        meter.open -= 1;
        made ??= { byClass: [], seconds: seconds(labels), received: received(labels), sent: sent(labels) };
        count(made.byClass, labels, status);
        made.seconds.observe(ms / 1_000);
        made.received.value += bytesIn;
        made.sent.value += bytesOut;
      },
    };
    meters.push({ labels, meter, asked: () => made !== undefined });
    return meter;
  }

  const unreadable: (Counter | undefined)[] = [];
  return {
    of,
    unrouted: of('any', 'none'),
    unreadable: (status) => count(unreadable, { method: 'any', route: 'unreadable' }, status),
  };
}
