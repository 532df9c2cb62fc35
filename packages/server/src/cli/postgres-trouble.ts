import { codeOf } from './causes.ts';
import { type Ended, fault } from './exit.ts';

const START = 'Start PostgreSQL, or name another database with --database or ASSAYER_DATABASE.';
const NAME = 'Look at the name in the address of the database, and at the name service (DNS) of this machine.';
const WAY = 'Mend the way to it, or name another database with --database or ASSAYER_DATABASE.';
const TRUST = 'Name a file with the certificate of its authority: sslrootcert=FILE in the address of the database.';
const CLOCK = 'Renew it, or set the clock of this machine if that is wrong.';
const ACCESS = 'Look at user, password and name in the address of the database, and at pg_hba.conf there.';
const TLS = 'Look at sslmode, sslrootcert, sslcert and sslkey in the address of the database, and at its own log.';

/** Why PostgreSQL is away, and what to do, by the code of what was thrown. */
const BY_CODE: Record<string, [why: string, advice: string]> = {
  ECONNREFUSED: ['nobody listens there', START],
  ENOTFOUND: ['there is no such host', NAME],
  EAI_AGAIN: ['its name cannot be resolved now', NAME],
  ECONNRESET: ['the connection was cut', START],
  ETIMEDOUT: ['it does not answer', WAY],
  EHOSTUNREACH: ['there is no way to this host', WAY],
  ENETUNREACH: ['there is no way to this network', WAY],
  ENOENT: ['there is no such socket', START],
  EACCES: ['this user may not open the socket', WAY],
  CERT_HAS_EXPIRED: ['its certificate has expired', CLOCK],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', CLOCK],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is signed by nobody but itself', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is signed by an authority that is not trusted here', TRUST],
  UNABLE_TO_GET_ISSUER_CERT: ['its certificate is signed by an authority that is not known here', TRUST],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate is signed by an authority that is not known here', TRUST],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate is signed by an authority that is not known here', TRUST],
};

/** PostgreSQL is away, is not the one that was meant, or lets nobody in: in a sentence that holds no password. */
export function postgresTrouble(error: unknown, url: string): Ended | undefined {
  if (!/^postgres(ql)?:/.test(url) || !(error instanceof Error)) return undefined;
  const told = tell(error, codeOf(error) ?? '');
  return told && fault(`The database at ${placeOf(url)} cannot be reached: ${told[0]}.`, [told[1]]);
}

function tell(error: Error, code: string): [why: string, advice: string] | undefined {
  const { message } = error;
  if (BY_CODE[code]) return BY_CODE[code];
  if (/timeout|terminated/i.test(message)) return ['it does not answer', START];
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ['its certificate is for another host', nameOf(error)];
  if (/does not support SSL/.test(message))
    return ['it does not speak TLS', 'Turn TLS on there, or write sslmode=disable where nobody can listen on the way.'];
  // What OpenSSL says of certificates, keys and handshakes otherwise.
  if (
    /^(ERR_(SSL|OSSL|TLS)|EPROTO|CERT_|CRL_|UNABLE_TO_|INVALID_|PATH_LENGTH|HOSTNAME_)/.test(code) ||
    /SSL/.test(message)
  )
    return [`TLS with it fails: ${message}`, TLS];
  // 28: who is let in; 3D000: no such database.
  if (/^(28...|3D000)$/.test(code) || /^SASL|password/i.test(message)) return [message, ACCESS];
  // Class 08: connection trouble; 53300: too many; 57: it starts or stops.
  if (/^(08...|57P0.|53300)$/.test(code)) return [message, START];
  return undefined;
}

function nameOf(error: Error): string {
  const { cert } = error as { cert?: { subjectaltname?: string } };
  const names = cert?.subjectaltname ? ` It is for ${cert.subjectaltname}.` : '';
  return `Name the database as its certificate does, or give it one for this name.${names}`;
}

/** `host:port`, or the folder of the socket. */
function placeOf(text: string): string {
  const url = URL.parse(text);
  if (!url) return 'the configured address';
  const host = url.searchParams.get('host') ?? (decodeURIComponent(url.hostname) || 'localhost');
  return `${host}:${url.port || (url.searchParams.get('port') ?? '5432')}`;
}
