import { type Static, Type } from 'typebox';

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
const HOUR = 3_600_000;

const size = (value: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: value, minimum, maximum, description });
const count = size;
const time = (value: number, description: string, minimum = 100) =>
  Type.Integer({ default: value, minimum, maximum: 24 * HOUR, description });

const Limits = Type.Object(
  {
    artifact_bytes: size(64 * GiB, 1, 1024 * TiB, 'Largest artifact'),
    version_bytes: size(256 * GiB, 1, 1024 * TiB, 'Largest sum of the artifacts of a version'),
    reserve_bytes: size(GiB, 0, 1024 * TiB, 'Disk space kept free: below it uploads are refused with 507'),
    json_bytes: size(MiB, KiB, 64 * MiB, 'Largest JSON body'),
    header_bytes: size(16 * KiB, 4 * KiB, MiB, 'Largest head of a request'),
    connections: count(10_000, 1, 1_000_000, 'Connections held at once'),
    changes_waiting: count(
      5_000,
      1,
      1_000_000,
      'Changes that wait for a commit; beyond that they are refused with 503',
    ),
    events_streams: count(500, 0, 100_000, 'Live event streams at once'),
    inspect_ms: time(60_000, 'Time to inspect one artifact; a file that takes longer has verdict unknown'),
    head_ms: time(30_000, 'Time to receive the head of a request'),
    request_ms: time(300_000, 'Time to receive the JSON body of a request'),
    idle_ms: time(72_000, 'Time that a connection may be idle between requests'),
    upload_idle_ms: time(60_000, 'Time that the body of an upload may stall before it is cut'),
    database_ms: time(60_000, 'Time that PostgreSQL has for one statement', 1_000),
    probe_ms: time(2_000, 'Time that a part has to answer before /readyz calls it failing'),
    shutdown_delay_ms: time(0, 'Time between a signal to stop, from when /readyz is 503, and the stop', 0),
    shutdown_ms: time(10_000, 'Time that requests under way get to finish at a stop', 0),
  },
  { additionalProperties: false },
);

const Policy = Type.Object(
  {
    single: Type.Array(Type.Enum(['staging', 'production']), {
      default: [],
      uniqueItems: true,
      description: 'Statuses that one version of a model holds at a time',
    }),
  },
  { additionalProperties: false },
);

/**
 * Everything that can be configured: defaults, bounds and words in one place. `expects` says in words what a pattern
 * asks for.
 */
export const Config = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', minLength: 1, maxLength: 255, description: 'Address to listen on' }),
    port: Type.Integer({ default: 5050, minimum: 0, maximum: 65_535, description: 'Port; 0 takes a free one' }),
    data: Type.String({ default: './data', minLength: 1, description: 'Folder where everything is kept' }),
    database: Type.String({
      default: '',
      pattern: '^$|^sqlite:.+|^postgres(ql)?://.+',
      expects: 'sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE',
      description: 'Where rows live; empty is assayer.db in the data folder',
    }),
    blobs: Type.String({
      default: '',
      pattern: '^$|^file:.+',
      expects: 'file:FOLDER',
      description: 'Where bytes live; empty is blobs in the data folder',
    }),
    allow_anonymous: Type.Boolean({
      default: false,
      description: 'Serve beyond this machine although there is no access control',
    }),
    allowed_hosts: Type.Array(
      Type.String({ pattern: '^([A-Za-z0-9_]([A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45})$', expects: 'a host name' }),
      {
        default: [],
        description: 'Host names served besides the loopback names and host; exact, without ports',
        expects: 'host names without ports or patterns',
      },
    ),
    allowed_origins: Type.Array(Type.String({ pattern: '^https?://[^/?#*\\s]+$', expects: 'an origin' }), {
      default: [],
      description: 'Origins of other sites whose pages may change things',
      expects: 'origins such as https://ml.example.com, without a path',
    }),
    migrate: Type.Boolean({ default: false, description: 'Migrate a PostgreSQL database at start (SQLite always is)' }),
    policy: Policy,
    limits: Limits,
    trash_days: Type.Integer({ default: 30, minimum: 0, maximum: 36_500, description: 'Days that the trash keeps' }),
    sweep_hours: Type.Integer({
      default: 24,
      minimum: 0,
      maximum: 876_000,
      description: 'Hours after which bytes that no version names are removed; 0 keeps them for ever',
    }),
    database_connections: count(10, 1, 1_000, 'Connections to PostgreSQL'),
    log_level: Type.Enum(['silent', 'error', 'warn', 'info', 'debug'], {
      default: 'info',
      description: 'What is written to the log',
    }),
    log_requests: Type.Enum(['all', 'changes', 'none'], {
      default: 'changes',
      description: 'Requests in the log: changes are also what failed or took over a second; none is failures alone',
    }),
    metrics: Type.Boolean({ default: true, description: 'Serve /metrics' }),
  },
  { title: 'Config', additionalProperties: false },
);
export type Config = Static<typeof Config>;
